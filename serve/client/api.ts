/** @file Types of the HTTP interface, made of the OpenAPI document by `npm run docs`; not to be changed by hand. */
export interface paths {
  '/healthz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * whether the process answers at all
     * @description Computes nothing. A failing answer means that the process should be replaced.
     */
    get: operations['healthz'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/readyz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * whether every model computes what it must
     * @description Asks every model the golden input of its package and compares the answer with the golden output (of a package without one: with its first answer). 503 with the reason while the server stops, or when a device computes something else, is dead or too slow.
     */
    get: operations['readyz'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/metrics': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** counters, gauges and histograms in the text format of Prometheus */
    get: operations['metrics'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/models': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** the models that are served, with their input contract, classes and scores */
    get: operations['models'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/models/load': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** serves a version of the models folder, until the process ends */
    post: operations['load'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/models/unload': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** serves a version no more */
    post: operations['unload'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/models/labels': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** points a label of a model at a version; requests that name the model alone follow "latest" */
    post: operations['labels'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/embed': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * the embedding of each image
     * @description With "Accept: application/x-npy" the answer is a NumPy array, float32 [images, size].
     */
    post: operations['embed'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/classify': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * the most probable classes of each image
     * @description Without "crops" the whole image is classified. With "crops": n the image is fitted to the input size, n crops are drawn from it, their embeddings are averaged, and the patch-aggregate head classifies the mean. With "Accept: application/x-npy" the answer is a NumPy array of the logits, float32 [images, classes].
     */
    post: operations['classify'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/similarity': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** the cosine of the embeddings of every two images */
    post: operations['similarity'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/robustness': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * whether an attack changes what the model says about an image
     * @description A white-box attack on the image as the model sees it (fitted to the input size), within a ball around it: against its class, against that of the mean over its crops, or without labels against its embedding. The answer can show that an image is not robust; it can never show that it is.
     */
    post: operations['robustness'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audits': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** all audits, the oldest first, and the data sets that there are */
    get: operations['audits'];
    put?: never;
    /**
     * attacks a served model over a data set, in the background
     * @description The data set is one of the folder that the server was started with; nothing else is read, and nothing is fetched. Audits run at the lowest priority in processes of their own, a few at a time; the others wait. What is done is kept, so an audit goes on after a restart of the server.
     */
    post: operations['audit_start'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audits/{audit}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** an audit: its state, how far it is, and what it found */
    get: operations['audit'];
    put?: never;
    post?: never;
    /** forgets an audit that is over, with its files */
    delete: operations['audit_remove'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audits/{audit}/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** the audit as server-sent events: one "audit" event now and after every change, the last one when it is over */
    get: operations['audit_events'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audits/{audit}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** ends an audit; what is done is kept */
    post: operations['audit_cancel'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audits/{audit}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** goes on with an audit that was cancelled, failed or interrupted */
    post: operations['audit_resume'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audits/{audit}/result': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** everything that a finished audit found, as robenc audit writes it */
    get: operations['audit_result'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audits/{audit}/report': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** the report of a finished audit, for people */
    get: operations['audit_report'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audits/{audit}/samples': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** what became of every image of a finished audit */
    get: operations['audit_samples'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/openapi.json': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** this interface as an OpenAPI 3.1 document */
    get: operations['openapi'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/docs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** this interface as a page to read */
    get: operations['reference'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    ErrorOpenai: {
      error: {
        message: string;
        type: string;
        param: string | null;
        code: string | null;
      };
    };
    ErrorOip: {
      error: string;
    };
    ErrorTei: {
      error: string;
      error_type: string;
    };
    Error: {
      error: {
        code:
          | 'bad_input'
          | 'bad_image'
          | 'unauthorized'
          | 'forbidden'
          | 'not_found'
          | 'model_not_found'
          | 'method_not_allowed'
          | 'conflict'
          | 'too_large'
          | 'unsupported_media_type'
          | 'overloaded'
          | 'rate_limited'
          | 'client_closed_request'
          | 'internal'
          | 'not_implemented'
          | 'unavailable'
          | 'deadline_exceeded';
        /** @description What went wrong, with which value, and what to do. */
        message: string;
        /** @description The field of the request that is at fault, if it is one field. */
        field: string | null;
        /** @description What to do, where the message alone does not say it. */
        remedy?: string;
      };
      requestId: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  healthz: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @constant */
            status: 'alive';
          };
        };
      };
    };
  };
  readyz: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @constant */
            status: 'ready';
            models: string[];
            checks: {
              /** @description name@version */
              model: string;
              /** @description the graph that was asked */
              graph: string;
              /** @description the golden output of the package, or the first answer where it has none */
              against: 'package' | 'start';
              /** @description greatest difference, relative to the greatest value */
              difference: number;
            }[];
          };
        };
      };
    };
  };
  metrics: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/plain': unknown;
        };
      };
    };
  };
  models: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @constant */
            object: 'list';
            data: {
              /** @description name@version, as requests name it */
              id: string;
              /** @constant */
              object: 'model';
              /** @description when the package was made, in seconds since 1970 */
              created: number;
              /** @constant */
              owned_by: 'robenc';
              name: string;
              version: string;
              /** @description whether the name without a version means this one */
              latest: boolean;
              digest: string;
              input: {
                /** @constant */
                name: 'image';
                /** @constant */
                layout: 'NCHW';
                /** @constant */
                channels: 'RGB';
                range: (0 | 1)[];
                height: number;
                width: number;
                /** @description how images of another size are brought to this one */
                fit: 'cover' | 'contain' | 'stretch';
              };
              classes: string[];
              embeddingSize: number;
              heads: {
                image?: {
                  /** @description data the whole-image head was fitted on */
                  fittedOn: string;
                };
                aggregate?: {
                  crops: number;
                  scheme: 'crops' | 'patches';
                  /** @description data the patch-aggregate head was fitted on */
                  fittedOn: string;
                };
              };
              training: {
                /** @description how the encoder was trained, e.g. cf-amc-ssl */
                method: string;
                /** @description SHA-256 of the run configuration */
                configDigest?: string;
                seed: number;
                /** @description data set and split */
                data: string;
                epochs: number;
                /** @description images that went through the optimiser, repeats counted */
                imagesSeen: number;
                /** @description wall-clock minutes */
                minutes: number;
              };
              scores: {
                /** @description what was measured, e.g. accuracy */
                metric: string;
                head: 'image' | 'aggregate';
                /** @description what the attack may change: nothing, the whole image, or each crop by itself */
                threat: 'none' | 'image' | 'crops';
                /** @description name and options of the attack */
                attack?: string;
                /** @description Linf radius in pixels of [0,1] */
                epsilon: number;
                value: number;
                /** @description 95 % interval of the value */
                interval: number[];
                /** @description how many images it was measured on */
                images: number;
                /** @description data set and split */
                data?: string;
              }[];
              /** @description whether it has the gradient graph that /v1/robustness needs */
              robustness: boolean;
            }[];
          };
        };
      };
    };
  };
  load: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description At most 16777216 bytes. */
    requestBody: {
      content: {
        'application/json': {
          /** @description name, name@version or name@label */
          model: string;
        };
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            served: string[];
            changes: {
              change: 'opened' | 'closed' | 'refused';
              model: string;
              reason: string | null;
            }[];
          };
        };
      };
    };
  };
  unload: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description At most 16777216 bytes. */
    requestBody: {
      content: {
        'application/json': {
          /** @description name, name@version or name@label */
          model: string;
        };
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            served: string[];
            changes: {
              change: 'opened' | 'closed' | 'refused';
              model: string;
              reason: string | null;
            }[];
          };
        };
      };
    };
  };
  labels: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description At most 16777216 bytes. */
    requestBody: {
      content: {
        'application/json': {
          /** @description name of the model */
          model: string;
          /** @description the version that it shall mean */
          version: string;
          /**
           * @description the label
           * @default latest
           */
          label?: string;
        };
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            served: string[];
            changes: {
              change: 'opened' | 'closed' | 'refused';
              model: string;
              reason: string | null;
            }[];
          };
        };
      };
    };
  };
  embed: {
    parameters: {
      query?: {
        /** @description which model: name, or name@version. May be left out where all that is served has one name. (only where the body is the image itself) */
        model?: string;
        /** @description scale each embedding to Euclidean length 1 (only where the body is the image itself) */
        normalize?: boolean;
        /** @description numbers, or base64 of little-endian float32, which is smaller and faster to read (only where the body is the image itself) */
        encoding?: 'float' | 'base64';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description At most 16777216 bytes. */
    requestBody: {
      content: {
        'application/json': {
          /** @description which model: name, or name@version. May be left out where all that is served has one name. */
          model?: string;
          /**
           * @description scale each embedding to Euclidean length 1
           * @default false
           */
          normalize?: boolean;
          /**
           * @description numbers, or base64 of little-endian float32, which is smaller and faster to read
           * @default float
           */
          encoding?: 'float' | 'base64';
          /** @description an image file as base64 or as a data URI. Addresses are not fetched. */
          image?: string;
          /** @description instead of image: up to 64 */
          images?: string[];
        };
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @description which model answered */
            model: {
              name: string;
              version: string;
              /** @description SHA-256 of the package manifest, which holds the digests of all its files */
              digest: string;
            };
            /** @description id of this request, also in the x-request-id header and the log */
            requestId: string;
            /** @description numbers in each embedding */
            size: number;
            /** @description one per image, in the order they were sent */
            embeddings: (number[] | string)[];
            images: {
              width: number;
              height: number;
            }[];
          };
          'application/x-npy': unknown;
        };
      };
    };
  };
  classify: {
    parameters: {
      query?: {
        /** @description which model: name, or name@version. May be left out where all that is served has one name. (only where the body is the image itself) */
        model?: string;
        /** @description how many classes to give, best first (only where the body is the image itself) */
        top?: number;
        /** @description classify by the mean embedding of so many crops (only where the body is the image itself) */
        crops?: number;
        /** @description how crops are drawn: crops of any scale, or patches of one scale; by default as the head was fitted (only where the body is the image itself) */
        scheme?: 'crops' | 'patches';
        /** @description seed of the crops; 0. The same image and seed give the same crops. (only where the body is the image itself) */
        seed?: number;
        /** @description also give the logits of all classes (only where the body is the image itself) */
        logits?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description At most 16777216 bytes. */
    requestBody: {
      content: {
        'application/json': {
          /** @description which model: name, or name@version. May be left out where all that is served has one name. */
          model?: string;
          /**
           * @description how many classes to give, best first
           * @default 5
           */
          top?: number;
          /** @description classify by the mean embedding of so many crops */
          crops?: number;
          /** @description how crops are drawn: crops of any scale, or patches of one scale; by default as the head was fitted */
          scheme?: 'crops' | 'patches';
          /** @description seed of the crops; 0. The same image and seed give the same crops. */
          seed?: number;
          /**
           * @description also give the logits of all classes
           * @default false
           */
          logits?: boolean;
          /** @description an image file as base64 or as a data URI. Addresses are not fetched. */
          image?: string;
          /** @description instead of image: up to 64 */
          images?: string[];
        };
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @description which model answered */
            model: {
              name: string;
              version: string;
              /** @description SHA-256 of the package manifest, which holds the digests of all its files */
              digest: string;
            };
            /** @description id of this request, also in the x-request-id header and the log */
            requestId: string;
            /** @description what the classes were read from */
            head: 'image' | 'aggregate';
            crops: {
              count: number;
              scheme: 'crops' | 'patches';
              seed: number;
            } | null;
            /** @description one per image, in the order they were sent */
            results: {
              /** @description size of the image as sent, in pixels, after its EXIF orientation; the model sees it fitted to its own size */
              image: {
                width: number;
                height: number;
              };
              prediction: {
                index: number;
                label: string;
                /** @description softmax of the logits */
                probability: number;
              };
              top: {
                index: number;
                label: string;
                /** @description softmax of the logits */
                probability: number;
              }[];
              logits?: number[];
            }[];
          };
          'application/x-npy': unknown;
        };
      };
    };
  };
  similarity: {
    parameters: {
      query?: {
        /** @description which model: name, or name@version. May be left out where all that is served has one name. (only where the body is the image itself) */
        model?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description At most 16777216 bytes. */
    requestBody: {
      content: {
        'application/json': {
          /** @description which model: name, or name@version. May be left out where all that is served has one name. */
          model?: string;
          /** @description an image file as base64 or as a data URI. Addresses are not fetched. */
          image?: string;
          /** @description instead of image: up to 64 */
          images?: string[];
        };
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @description which model answered */
            model: {
              name: string;
              version: string;
              /** @description SHA-256 of the package manifest, which holds the digests of all its files */
              digest: string;
            };
            /** @description id of this request, also in the x-request-id header and the log */
            requestId: string;
            /** @description row i, column j: the cosine of images i and j, in the order they were sent; 0 where an embedding is zero */
            similarities: number[][];
          };
        };
      };
    };
  };
  robustness: {
    parameters: {
      query?: {
        /** @description which model: name, or name@version. May be left out where all that is served has one name. (only where the body is the image itself) */
        model?: string;
        /** @description what is attacked, and what the attacker may change (only where the body is the image itself) */
        threat?: 'image' | 'aggregate-image' | 'aggregate-crops' | 'embedding-distance' | 'embedding-cosine';
        /** @description of threat models about crops: how many; as the head was fitted (only where the body is the image itself) */
        crops?: number;
        /** @description of threat models about crops: how they are drawn; as the head was fitted (only where the body is the image itself) */
        scheme?: 'crops' | 'patches';
        /** @description of threat models about embeddings: from which distance on an image is not robust; to the nearest other image of the request (only where the body is the image itself) */
        threshold?: number;
        /** @description radius of the attack in pixels of [0,1]: a number or a fraction such as "8/255" (only where the body is the image itself) */
        epsilon?: number | string;
        /** @description instead of epsilon: several radii (only where the body is the image itself) */
        epsilons?: (number | string)[];
        /** @description how a change is measured: its greatest value, or its length; linf (only where the body is the image itself) */
        norm?: 'linf' | 'l2';
        /** @description also look for the smallest radius at which the attack succeeds, by halving (only where the body is the image itself) */
        smallest?: boolean;
        /** @description with smallest: how exactly to find it; 0.0005 (only where the body is the image itself) */
        tolerance?: number;
        /** @description count only what is still found after rounding to 8 bits within the ball; for linf (only where the body is the image itself) */
        quantized?: boolean;
        /** @description also certify by randomised smoothing with normal noise of this deviation (only where the body is the image itself) */
        sigma?: number;
        /** @description with sigma: noisy copies that are counted for the certificate; 1000 (only where the body is the image itself) */
        draws?: number;
        /** @description with sigma: how often the certificate may be wrong; 0.001 (only where the body is the image itself) */
        alpha?: number;
        /** @description also give the adversarial image as base64 of an .npy file, float32 [1,3,H,W] (only where the body is the image itself) */
        adversarialArray?: boolean;
        /** @description one of: fgsm, pgd, momentum-pgd, apgd, square (only where the body is the image itself) */
        attack?: string;
        /** @description steps of the attack (only where the body is the image itself) */
        steps?: number;
        /** @description length of a step, as epsilon (only where the body is the image itself) */
        stepSize?: number | string;
        /** @description start at a random point of the ball (only where the body is the image itself) */
        randomStart?: boolean;
        /** @description runs from other random starts (only where the body is the image itself) */
        restarts?: number;
        /** @description points that the attack square tries; its cost (only where the body is the image itself) */
        queries?: number;
        /** @description seed of all chance in this request; the same request with the same seed gets the same answer (only where the body is the image itself) */
        seed?: number;
        /** @description the true class, by name or index. Without it the attack is against what the model says about the clean image. (only where the body is the image itself) */
        label?: string | number;
        /** @description the true class of each image, where several are sent (only where the body is the image itself) */
        labels?: (string | number)[];
        /** @description also give the adversarial image, as base64 of an 8-bit PNG (only where the body is the image itself) */
        adversarialImage?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description At most 16777216 bytes. */
    requestBody: {
      content: {
        'application/json': {
          /** @description which model: name, or name@version. May be left out where all that is served has one name. */
          model?: string;
          /**
           * @description what is attacked, and what the attacker may change
           * @default image
           */
          threat?: 'image' | 'aggregate-image' | 'aggregate-crops' | 'embedding-distance' | 'embedding-cosine';
          /** @description of threat models about crops: how many; as the head was fitted */
          crops?: number;
          /** @description of threat models about crops: how they are drawn; as the head was fitted */
          scheme?: 'crops' | 'patches';
          /** @description of threat models about embeddings: from which distance on an image is not robust; to the nearest other image of the request */
          threshold?: number;
          /** @description radius of the attack in pixels of [0,1]: a number or a fraction such as "8/255" */
          epsilon?: number | string;
          /** @description instead of epsilon: several radii */
          epsilons?: (number | string)[];
          /** @description how a change is measured: its greatest value, or its length; linf */
          norm?: 'linf' | 'l2';
          /**
           * @description also look for the smallest radius at which the attack succeeds, by halving
           * @default false
           */
          smallest?: boolean;
          /** @description with smallest: how exactly to find it; 0.0005 */
          tolerance?: number;
          /**
           * @description count only what is still found after rounding to 8 bits within the ball; for linf
           * @default false
           */
          quantized?: boolean;
          /** @description also certify by randomised smoothing with normal noise of this deviation */
          sigma?: number;
          /** @description with sigma: noisy copies that are counted for the certificate; 1000 */
          draws?: number;
          /** @description with sigma: how often the certificate may be wrong; 0.001 */
          alpha?: number;
          /**
           * @description also give the adversarial image as base64 of an .npy file, float32 [1,3,H,W]
           * @default false
           */
          adversarialArray?: boolean;
          /**
           * @description one of: fgsm, pgd, momentum-pgd, apgd, square
           * @default pgd
           */
          attack?: string;
          /** @description steps of the attack */
          steps?: number;
          /** @description length of a step, as epsilon */
          stepSize?: number | string;
          /** @description start at a random point of the ball */
          randomStart?: boolean;
          /** @description runs from other random starts */
          restarts?: number;
          /** @description points that the attack square tries; its cost */
          queries?: number;
          /**
           * @description seed of all chance in this request; the same request with the same seed gets the same answer
           * @default 0
           */
          seed?: number;
          /** @description the true class, by name or index. Without it the attack is against what the model says about the clean image. */
          label?: string | number;
          /** @description the true class of each image, where several are sent */
          labels?: (string | number)[];
          /**
           * @description also give the adversarial image, as base64 of an 8-bit PNG
           * @default false
           */
          adversarialImage?: boolean;
          /** @description an image file as base64 or as a data URI. Addresses are not fetched. */
          image?: string;
          /** @description instead of image: up to 16 */
          images?: string[];
        };
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @description which model answered */
            model: {
              name: string;
              version: string;
              /** @description SHA-256 of the package manifest, which holds the digests of all its files */
              digest: string;
            };
            /** @description id of this request, also in the x-request-id header and the log */
            requestId: string;
            /** @description what was run, all defaults filled in */
            attack: {
              name: string;
              options: {
                [key: string]: unknown;
              };
              seed: number;
            };
            /** @description what the attacker may change */
            threat: {
              /**
               * @description what is attacked, and what the attacker may change
               * @default image
               */
              model: 'image' | 'aggregate-image' | 'aggregate-crops' | 'embedding-distance' | 'embedding-cosine';
              text: string;
              crops: {
                count: number;
                scheme: 'crops' | 'patches';
                seed: number;
              } | null;
              norm: string;
              epsilon: number;
            };
            /** @description one per image, in the order they were sent */
            results: {
              /** @description "misclassified": wrong without any attack; "not robust": an image within epsilon is classified otherwise, or its embedding moves as far as the threshold; "not proven robust": this attack found none, which proves nothing about others */
              verdict: 'misclassified' | 'not robust' | 'not proven robust';
              /** @description the class that was attacked; null where the threat model needs none */
              label: {
                index: number;
                label: string;
                source: 'request' | 'prediction';
              } | null;
              /** @description null where the model has no classes */
              clean: {
                index: number;
                label: string;
                /** @description softmax of the logits */
                probability: number;
              } | null;
              /** @description null where the model has no classes */
              adversarial: {
                index: number;
                label: string;
                /** @description softmax of the logits */
                probability: number;
              } | null;
              /** @description of threat models about embeddings */
              embedding: {
                measure: 'distance' | 'cosine';
                /** @description of the adversarial embedding from the clean one: Euclidean, or one minus the cosine */
                distance: number;
                /** @description from here on an image is not robust */
                threshold: number;
              } | null;
              /** @description whether the adversarial prediction differs from the clean one */
              flipped: boolean;
              /** @description cross-entropy with the attacked class */
              loss: {
                before: number;
                after: number;
              } | null;
              /** @description 1 - cosine between the embeddings of the clean and the adversarial image; null where the model has no encoder */
              embeddingCosineShift: number | null;
              /** @description greatest change of a pixel */
              linf: number;
              /** @description Euclidean length of the change */
              l2: number;
              gradientEvaluations: number;
              warnings: string[];
              adversarialImage: {
                /** @description base64 */
                png: string;
                /** @description null where the model has no classes */
                prediction: {
                  index: number;
                  label: string;
                  /** @description softmax of the logits */
                  probability: number;
                } | null;
                linf: number;
              } | null;
              adversarialArray: string | null;
              /** @description for each radius, ascending; the fields above are those of the largest */
              radii: {
                epsilon: number;
                verdict: 'misclassified' | 'not robust' | 'not proven robust';
                /** @description the class at the worst point that was found; null where there are no classes */
                adversarial: number | null;
                linf: number;
                l2: number;
              }[];
              /** @description the smallest radius tried at which the attack succeeded, and the largest below at which it did not; null where it never did */
              smallest: {
                broken: number;
                unbroken: number;
              } | null;
              certificate: {
                /** @description class of the smoothed classifier; -1 where it abstains */
                index: number;
                /** @description lower bound of its probability under noise */
                probability: number;
                /** @description Euclidean radius within which the smoothed classifier keeps it */
                radius: number | null;
              } | null;
            }[];
            /** @description what these results do and do not say */
            statement: string;
          };
        };
      };
    };
  };
  audits: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @constant */
            object: 'list';
            data: {
              id: string;
              /** @constant */
              object: 'audit';
              /** @description "interrupted": its process ended without a word. All but "done" can go on with POST /v1/audits/{audit}/resume. */
              state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
              model: {
                name: string;
                version: string;
                digest: string;
              };
              request: {
                /** @description which served model: name, or name@version. May be left out where all that is served has one name. */
                model?: string;
                /** @description a data set as GET /v1/audits lists them, or a folder in one: letters, digits, ".", "_", "-" and "/" */
                data: string;
                /** @description radii in pixels of [0,1]: numbers or fractions such as "8/255" */
                epsilons?: (number | string)[];
                /** @description norm of the ball; linf, and l2 of the preset certify */
                norm?: 'linf' | 'l2' | 'l1';
                /** @description which attacks are made, each on what survived the ones before */
                preset?: 'quick' | 'paper' | 'standard' | 'plus' | 'rand' | 'encoder' | 'minimal' | 'certify' | 'corruptions';
                /** @description one attack instead of a preset; pgd */
                attack?: 'fgsm' | 'pgd' | 'momentum-pgd' | 'apgd' | 'apgd-t' | 'fab' | 'fab-t' | 'ladder' | 'square' | 'standard';
                /**
                 * @description what is attacked, and what the adversary may change
                 * @default image
                 */
                threat:
                  | 'image'
                  | 'aggregate-image'
                  | 'aggregate-crops'
                  | 'aggregate-random'
                  | 'embedding-distance'
                  | 'embedding-cosine'
                  | 'retrieval'
                  | 'prototypes'
                  | 'neighbours';
                /** @description steps of the attacks that have them */
                steps?: number;
                /** @description length of a step, as epsilons */
                stepSize?: number | string;
                /** @description runs from other random starts */
                restarts?: number;
                /** @description classes that targeted attacks try */
                targets?: number;
                /** @description points that square tries */
                queries?: number;
                /** @description deviation of the noise of the preset certify */
                sigma?: number;
                /** @description noisy copies of each image that the preset certify counts */
                draws?: number;
                /** @description how often a certificate may be wrong */
                alpha?: number;
                /** @description common corruptions that are looked at besides, or by the preset corruptions */
                corruptions?: (
                  | 'main'
                  | 'all'
                  | 'gaussian-noise'
                  | 'shot-noise'
                  | 'impulse-noise'
                  | 'defocus-blur'
                  | 'glass-blur'
                  | 'motion-blur'
                  | 'zoom-blur'
                  | 'snow'
                  | 'fog'
                  | 'brightness'
                  | 'contrast'
                  | 'elastic'
                  | 'pixelate'
                  | 'jpeg'
                  | 'speckle-noise'
                  | 'gaussian-blur'
                  | 'saturate'
                  | 'spatter'
                )[];
                /**
                 * @description which part of data that has parts
                 * @default test
                 */
                split: 'train' | 'test';
                /** @description share of an undivided folder that counts as test */
                holdOut?: number;
                /** @description attack only so many images, chosen by the seed alike from every class */
                limit?: number;
                /**
                 * @description all chance follows from it
                 * @default 0
                 */
                seed: number;
                /** @description the least robust accuracy that passes */
                failUnder?: number;
                /** @description end after that time; what is known then is an upper bound */
                maxMinutes?: number;
              };
              /** @description name of the API key that started it */
              client: string;
              /** @description UTC time in ISO 8601 */
              createdAt: string;
              /** @description when it last began to run */
              startedAt: string | null;
              /** @description when it was over */
              endedAt: string | null;
              /** @description how often it went on after a break */
              resumed: number;
              /** @description while it runs */
              progress: {
                /** @description part of the expected work that is done */
                share: number;
                label: string;
                note: string;
              } | null;
              /** @description assumptions, estimates and warnings; the last 100 */
              notes: string[];
              /** @description why it failed or was interrupted */
              error: {
                code: string;
                message: string;
              } | null;
              /** @description once it is done; GET /v1/audits/{audit}/result has everything */
              outcome: {
                /** @description no critical flag was raised */
                reliable: boolean;
                complete: boolean;
                /** @description every robust accuracy reaches failUnder, and the audit is reliable and complete */
                passed: boolean;
                results: {
                  norm: string;
                  epsilon: number;
                  images: number;
                  cleanAccuracy: number;
                  /** @description an upper bound: another attack may break more; of the preset certify a lower one, of the smoothed classifier */
                  robustAccuracy: number;
                  /** @description 95 % interval of robustAccuracy */
                  interval: number[];
                }[];
              } | null;
            }[];
            dataSets: string[];
          };
        };
      };
    };
  };
  audit_start: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description At most 16777216 bytes. */
    requestBody: {
      content: {
        'application/json': {
          /** @description which served model: name, or name@version. May be left out where all that is served has one name. */
          model?: string;
          /** @description a data set as GET /v1/audits lists them, or a folder in one: letters, digits, ".", "_", "-" and "/" */
          data: string;
          /** @description radii in pixels of [0,1]: numbers or fractions such as "8/255" */
          epsilons?: (number | string)[];
          /** @description norm of the ball; linf, and l2 of the preset certify */
          norm?: 'linf' | 'l2' | 'l1';
          /** @description which attacks are made, each on what survived the ones before */
          preset?: 'quick' | 'paper' | 'standard' | 'plus' | 'rand' | 'encoder' | 'minimal' | 'certify' | 'corruptions';
          /** @description one attack instead of a preset; pgd */
          attack?: 'fgsm' | 'pgd' | 'momentum-pgd' | 'apgd' | 'apgd-t' | 'fab' | 'fab-t' | 'ladder' | 'square' | 'standard';
          /**
           * @description what is attacked, and what the adversary may change
           * @default image
           */
          threat?:
            | 'image'
            | 'aggregate-image'
            | 'aggregate-crops'
            | 'aggregate-random'
            | 'embedding-distance'
            | 'embedding-cosine'
            | 'retrieval'
            | 'prototypes'
            | 'neighbours';
          /** @description steps of the attacks that have them */
          steps?: number;
          /** @description length of a step, as epsilons */
          stepSize?: number | string;
          /** @description runs from other random starts */
          restarts?: number;
          /** @description classes that targeted attacks try */
          targets?: number;
          /** @description points that square tries */
          queries?: number;
          /** @description deviation of the noise of the preset certify */
          sigma?: number;
          /** @description noisy copies of each image that the preset certify counts */
          draws?: number;
          /** @description how often a certificate may be wrong */
          alpha?: number;
          /** @description common corruptions that are looked at besides, or by the preset corruptions */
          corruptions?: (
            | 'main'
            | 'all'
            | 'gaussian-noise'
            | 'shot-noise'
            | 'impulse-noise'
            | 'defocus-blur'
            | 'glass-blur'
            | 'motion-blur'
            | 'zoom-blur'
            | 'snow'
            | 'fog'
            | 'brightness'
            | 'contrast'
            | 'elastic'
            | 'pixelate'
            | 'jpeg'
            | 'speckle-noise'
            | 'gaussian-blur'
            | 'saturate'
            | 'spatter'
          )[];
          /**
           * @description which part of data that has parts
           * @default test
           */
          split?: 'train' | 'test';
          /** @description share of an undivided folder that counts as test */
          holdOut?: number;
          /** @description attack only so many images, chosen by the seed alike from every class */
          limit?: number;
          /**
           * @description all chance follows from it
           * @default 0
           */
          seed?: number;
          /** @description the least robust accuracy that passes */
          failUnder?: number;
          /** @description end after that time; what is known then is an upper bound */
          maxMinutes?: number;
        };
      };
    };
    responses: {
      /** @description The answer. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            id: string;
            /** @constant */
            object: 'audit';
            /** @description "interrupted": its process ended without a word. All but "done" can go on with POST /v1/audits/{audit}/resume. */
            state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
            model: {
              name: string;
              version: string;
              digest: string;
            };
            request: {
              /** @description which served model: name, or name@version. May be left out where all that is served has one name. */
              model?: string;
              /** @description a data set as GET /v1/audits lists them, or a folder in one: letters, digits, ".", "_", "-" and "/" */
              data: string;
              /** @description radii in pixels of [0,1]: numbers or fractions such as "8/255" */
              epsilons?: (number | string)[];
              /** @description norm of the ball; linf, and l2 of the preset certify */
              norm?: 'linf' | 'l2' | 'l1';
              /** @description which attacks are made, each on what survived the ones before */
              preset?: 'quick' | 'paper' | 'standard' | 'plus' | 'rand' | 'encoder' | 'minimal' | 'certify' | 'corruptions';
              /** @description one attack instead of a preset; pgd */
              attack?: 'fgsm' | 'pgd' | 'momentum-pgd' | 'apgd' | 'apgd-t' | 'fab' | 'fab-t' | 'ladder' | 'square' | 'standard';
              /**
               * @description what is attacked, and what the adversary may change
               * @default image
               */
              threat:
                | 'image'
                | 'aggregate-image'
                | 'aggregate-crops'
                | 'aggregate-random'
                | 'embedding-distance'
                | 'embedding-cosine'
                | 'retrieval'
                | 'prototypes'
                | 'neighbours';
              /** @description steps of the attacks that have them */
              steps?: number;
              /** @description length of a step, as epsilons */
              stepSize?: number | string;
              /** @description runs from other random starts */
              restarts?: number;
              /** @description classes that targeted attacks try */
              targets?: number;
              /** @description points that square tries */
              queries?: number;
              /** @description deviation of the noise of the preset certify */
              sigma?: number;
              /** @description noisy copies of each image that the preset certify counts */
              draws?: number;
              /** @description how often a certificate may be wrong */
              alpha?: number;
              /** @description common corruptions that are looked at besides, or by the preset corruptions */
              corruptions?: (
                | 'main'
                | 'all'
                | 'gaussian-noise'
                | 'shot-noise'
                | 'impulse-noise'
                | 'defocus-blur'
                | 'glass-blur'
                | 'motion-blur'
                | 'zoom-blur'
                | 'snow'
                | 'fog'
                | 'brightness'
                | 'contrast'
                | 'elastic'
                | 'pixelate'
                | 'jpeg'
                | 'speckle-noise'
                | 'gaussian-blur'
                | 'saturate'
                | 'spatter'
              )[];
              /**
               * @description which part of data that has parts
               * @default test
               */
              split: 'train' | 'test';
              /** @description share of an undivided folder that counts as test */
              holdOut?: number;
              /** @description attack only so many images, chosen by the seed alike from every class */
              limit?: number;
              /**
               * @description all chance follows from it
               * @default 0
               */
              seed: number;
              /** @description the least robust accuracy that passes */
              failUnder?: number;
              /** @description end after that time; what is known then is an upper bound */
              maxMinutes?: number;
            };
            /** @description name of the API key that started it */
            client: string;
            /** @description UTC time in ISO 8601 */
            createdAt: string;
            /** @description when it last began to run */
            startedAt: string | null;
            /** @description when it was over */
            endedAt: string | null;
            /** @description how often it went on after a break */
            resumed: number;
            /** @description while it runs */
            progress: {
              /** @description part of the expected work that is done */
              share: number;
              label: string;
              note: string;
            } | null;
            /** @description assumptions, estimates and warnings; the last 100 */
            notes: string[];
            /** @description why it failed or was interrupted */
            error: {
              code: string;
              message: string;
            } | null;
            /** @description once it is done; GET /v1/audits/{audit}/result has everything */
            outcome: {
              /** @description no critical flag was raised */
              reliable: boolean;
              complete: boolean;
              /** @description every robust accuracy reaches failUnder, and the audit is reliable and complete */
              passed: boolean;
              results: {
                norm: string;
                epsilon: number;
                images: number;
                cleanAccuracy: number;
                /** @description an upper bound: another attack may break more; of the preset certify a lower one, of the smoothed classifier */
                robustAccuracy: number;
                /** @description 95 % interval of robustAccuracy */
                interval: number[];
              }[];
            } | null;
          };
        };
      };
    };
  };
  audit: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        audit: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            id: string;
            /** @constant */
            object: 'audit';
            /** @description "interrupted": its process ended without a word. All but "done" can go on with POST /v1/audits/{audit}/resume. */
            state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
            model: {
              name: string;
              version: string;
              digest: string;
            };
            request: {
              /** @description which served model: name, or name@version. May be left out where all that is served has one name. */
              model?: string;
              /** @description a data set as GET /v1/audits lists them, or a folder in one: letters, digits, ".", "_", "-" and "/" */
              data: string;
              /** @description radii in pixels of [0,1]: numbers or fractions such as "8/255" */
              epsilons?: (number | string)[];
              /** @description norm of the ball; linf, and l2 of the preset certify */
              norm?: 'linf' | 'l2' | 'l1';
              /** @description which attacks are made, each on what survived the ones before */
              preset?: 'quick' | 'paper' | 'standard' | 'plus' | 'rand' | 'encoder' | 'minimal' | 'certify' | 'corruptions';
              /** @description one attack instead of a preset; pgd */
              attack?: 'fgsm' | 'pgd' | 'momentum-pgd' | 'apgd' | 'apgd-t' | 'fab' | 'fab-t' | 'ladder' | 'square' | 'standard';
              /**
               * @description what is attacked, and what the adversary may change
               * @default image
               */
              threat:
                | 'image'
                | 'aggregate-image'
                | 'aggregate-crops'
                | 'aggregate-random'
                | 'embedding-distance'
                | 'embedding-cosine'
                | 'retrieval'
                | 'prototypes'
                | 'neighbours';
              /** @description steps of the attacks that have them */
              steps?: number;
              /** @description length of a step, as epsilons */
              stepSize?: number | string;
              /** @description runs from other random starts */
              restarts?: number;
              /** @description classes that targeted attacks try */
              targets?: number;
              /** @description points that square tries */
              queries?: number;
              /** @description deviation of the noise of the preset certify */
              sigma?: number;
              /** @description noisy copies of each image that the preset certify counts */
              draws?: number;
              /** @description how often a certificate may be wrong */
              alpha?: number;
              /** @description common corruptions that are looked at besides, or by the preset corruptions */
              corruptions?: (
                | 'main'
                | 'all'
                | 'gaussian-noise'
                | 'shot-noise'
                | 'impulse-noise'
                | 'defocus-blur'
                | 'glass-blur'
                | 'motion-blur'
                | 'zoom-blur'
                | 'snow'
                | 'fog'
                | 'brightness'
                | 'contrast'
                | 'elastic'
                | 'pixelate'
                | 'jpeg'
                | 'speckle-noise'
                | 'gaussian-blur'
                | 'saturate'
                | 'spatter'
              )[];
              /**
               * @description which part of data that has parts
               * @default test
               */
              split: 'train' | 'test';
              /** @description share of an undivided folder that counts as test */
              holdOut?: number;
              /** @description attack only so many images, chosen by the seed alike from every class */
              limit?: number;
              /**
               * @description all chance follows from it
               * @default 0
               */
              seed: number;
              /** @description the least robust accuracy that passes */
              failUnder?: number;
              /** @description end after that time; what is known then is an upper bound */
              maxMinutes?: number;
            };
            /** @description name of the API key that started it */
            client: string;
            /** @description UTC time in ISO 8601 */
            createdAt: string;
            /** @description when it last began to run */
            startedAt: string | null;
            /** @description when it was over */
            endedAt: string | null;
            /** @description how often it went on after a break */
            resumed: number;
            /** @description while it runs */
            progress: {
              /** @description part of the expected work that is done */
              share: number;
              label: string;
              note: string;
            } | null;
            /** @description assumptions, estimates and warnings; the last 100 */
            notes: string[];
            /** @description why it failed or was interrupted */
            error: {
              code: string;
              message: string;
            } | null;
            /** @description once it is done; GET /v1/audits/{audit}/result has everything */
            outcome: {
              /** @description no critical flag was raised */
              reliable: boolean;
              complete: boolean;
              /** @description every robust accuracy reaches failUnder, and the audit is reliable and complete */
              passed: boolean;
              results: {
                norm: string;
                epsilon: number;
                images: number;
                cleanAccuracy: number;
                /** @description an upper bound: another attack may break more; of the preset certify a lower one, of the smoothed classifier */
                robustAccuracy: number;
                /** @description 95 % interval of robustAccuracy */
                interval: number[];
              }[];
            } | null;
          };
        };
      };
    };
  };
  audit_remove: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        audit: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            id: string;
            /** @constant */
            object: 'audit';
            /** @description "interrupted": its process ended without a word. All but "done" can go on with POST /v1/audits/{audit}/resume. */
            state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
            model: {
              name: string;
              version: string;
              digest: string;
            };
            request: {
              /** @description which served model: name, or name@version. May be left out where all that is served has one name. */
              model?: string;
              /** @description a data set as GET /v1/audits lists them, or a folder in one: letters, digits, ".", "_", "-" and "/" */
              data: string;
              /** @description radii in pixels of [0,1]: numbers or fractions such as "8/255" */
              epsilons?: (number | string)[];
              /** @description norm of the ball; linf, and l2 of the preset certify */
              norm?: 'linf' | 'l2' | 'l1';
              /** @description which attacks are made, each on what survived the ones before */
              preset?: 'quick' | 'paper' | 'standard' | 'plus' | 'rand' | 'encoder' | 'minimal' | 'certify' | 'corruptions';
              /** @description one attack instead of a preset; pgd */
              attack?: 'fgsm' | 'pgd' | 'momentum-pgd' | 'apgd' | 'apgd-t' | 'fab' | 'fab-t' | 'ladder' | 'square' | 'standard';
              /**
               * @description what is attacked, and what the adversary may change
               * @default image
               */
              threat:
                | 'image'
                | 'aggregate-image'
                | 'aggregate-crops'
                | 'aggregate-random'
                | 'embedding-distance'
                | 'embedding-cosine'
                | 'retrieval'
                | 'prototypes'
                | 'neighbours';
              /** @description steps of the attacks that have them */
              steps?: number;
              /** @description length of a step, as epsilons */
              stepSize?: number | string;
              /** @description runs from other random starts */
              restarts?: number;
              /** @description classes that targeted attacks try */
              targets?: number;
              /** @description points that square tries */
              queries?: number;
              /** @description deviation of the noise of the preset certify */
              sigma?: number;
              /** @description noisy copies of each image that the preset certify counts */
              draws?: number;
              /** @description how often a certificate may be wrong */
              alpha?: number;
              /** @description common corruptions that are looked at besides, or by the preset corruptions */
              corruptions?: (
                | 'main'
                | 'all'
                | 'gaussian-noise'
                | 'shot-noise'
                | 'impulse-noise'
                | 'defocus-blur'
                | 'glass-blur'
                | 'motion-blur'
                | 'zoom-blur'
                | 'snow'
                | 'fog'
                | 'brightness'
                | 'contrast'
                | 'elastic'
                | 'pixelate'
                | 'jpeg'
                | 'speckle-noise'
                | 'gaussian-blur'
                | 'saturate'
                | 'spatter'
              )[];
              /**
               * @description which part of data that has parts
               * @default test
               */
              split: 'train' | 'test';
              /** @description share of an undivided folder that counts as test */
              holdOut?: number;
              /** @description attack only so many images, chosen by the seed alike from every class */
              limit?: number;
              /**
               * @description all chance follows from it
               * @default 0
               */
              seed: number;
              /** @description the least robust accuracy that passes */
              failUnder?: number;
              /** @description end after that time; what is known then is an upper bound */
              maxMinutes?: number;
            };
            /** @description name of the API key that started it */
            client: string;
            /** @description UTC time in ISO 8601 */
            createdAt: string;
            /** @description when it last began to run */
            startedAt: string | null;
            /** @description when it was over */
            endedAt: string | null;
            /** @description how often it went on after a break */
            resumed: number;
            /** @description while it runs */
            progress: {
              /** @description part of the expected work that is done */
              share: number;
              label: string;
              note: string;
            } | null;
            /** @description assumptions, estimates and warnings; the last 100 */
            notes: string[];
            /** @description why it failed or was interrupted */
            error: {
              code: string;
              message: string;
            } | null;
            /** @description once it is done; GET /v1/audits/{audit}/result has everything */
            outcome: {
              /** @description no critical flag was raised */
              reliable: boolean;
              complete: boolean;
              /** @description every robust accuracy reaches failUnder, and the audit is reliable and complete */
              passed: boolean;
              results: {
                norm: string;
                epsilon: number;
                images: number;
                cleanAccuracy: number;
                /** @description an upper bound: another attack may break more; of the preset certify a lower one, of the smoothed classifier */
                robustAccuracy: number;
                /** @description 95 % interval of robustAccuracy */
                interval: number[];
              }[];
            } | null;
          };
        };
      };
    };
  };
  audit_events: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        audit: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': unknown;
        };
      };
    };
  };
  audit_cancel: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        audit: string;
      };
      cookie?: never;
    };
    /** @description At most 16777216 bytes. */
    requestBody?: {
      content: {
        'application/json': unknown;
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            id: string;
            /** @constant */
            object: 'audit';
            /** @description "interrupted": its process ended without a word. All but "done" can go on with POST /v1/audits/{audit}/resume. */
            state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
            model: {
              name: string;
              version: string;
              digest: string;
            };
            request: {
              /** @description which served model: name, or name@version. May be left out where all that is served has one name. */
              model?: string;
              /** @description a data set as GET /v1/audits lists them, or a folder in one: letters, digits, ".", "_", "-" and "/" */
              data: string;
              /** @description radii in pixels of [0,1]: numbers or fractions such as "8/255" */
              epsilons?: (number | string)[];
              /** @description norm of the ball; linf, and l2 of the preset certify */
              norm?: 'linf' | 'l2' | 'l1';
              /** @description which attacks are made, each on what survived the ones before */
              preset?: 'quick' | 'paper' | 'standard' | 'plus' | 'rand' | 'encoder' | 'minimal' | 'certify' | 'corruptions';
              /** @description one attack instead of a preset; pgd */
              attack?: 'fgsm' | 'pgd' | 'momentum-pgd' | 'apgd' | 'apgd-t' | 'fab' | 'fab-t' | 'ladder' | 'square' | 'standard';
              /**
               * @description what is attacked, and what the adversary may change
               * @default image
               */
              threat:
                | 'image'
                | 'aggregate-image'
                | 'aggregate-crops'
                | 'aggregate-random'
                | 'embedding-distance'
                | 'embedding-cosine'
                | 'retrieval'
                | 'prototypes'
                | 'neighbours';
              /** @description steps of the attacks that have them */
              steps?: number;
              /** @description length of a step, as epsilons */
              stepSize?: number | string;
              /** @description runs from other random starts */
              restarts?: number;
              /** @description classes that targeted attacks try */
              targets?: number;
              /** @description points that square tries */
              queries?: number;
              /** @description deviation of the noise of the preset certify */
              sigma?: number;
              /** @description noisy copies of each image that the preset certify counts */
              draws?: number;
              /** @description how often a certificate may be wrong */
              alpha?: number;
              /** @description common corruptions that are looked at besides, or by the preset corruptions */
              corruptions?: (
                | 'main'
                | 'all'
                | 'gaussian-noise'
                | 'shot-noise'
                | 'impulse-noise'
                | 'defocus-blur'
                | 'glass-blur'
                | 'motion-blur'
                | 'zoom-blur'
                | 'snow'
                | 'fog'
                | 'brightness'
                | 'contrast'
                | 'elastic'
                | 'pixelate'
                | 'jpeg'
                | 'speckle-noise'
                | 'gaussian-blur'
                | 'saturate'
                | 'spatter'
              )[];
              /**
               * @description which part of data that has parts
               * @default test
               */
              split: 'train' | 'test';
              /** @description share of an undivided folder that counts as test */
              holdOut?: number;
              /** @description attack only so many images, chosen by the seed alike from every class */
              limit?: number;
              /**
               * @description all chance follows from it
               * @default 0
               */
              seed: number;
              /** @description the least robust accuracy that passes */
              failUnder?: number;
              /** @description end after that time; what is known then is an upper bound */
              maxMinutes?: number;
            };
            /** @description name of the API key that started it */
            client: string;
            /** @description UTC time in ISO 8601 */
            createdAt: string;
            /** @description when it last began to run */
            startedAt: string | null;
            /** @description when it was over */
            endedAt: string | null;
            /** @description how often it went on after a break */
            resumed: number;
            /** @description while it runs */
            progress: {
              /** @description part of the expected work that is done */
              share: number;
              label: string;
              note: string;
            } | null;
            /** @description assumptions, estimates and warnings; the last 100 */
            notes: string[];
            /** @description why it failed or was interrupted */
            error: {
              code: string;
              message: string;
            } | null;
            /** @description once it is done; GET /v1/audits/{audit}/result has everything */
            outcome: {
              /** @description no critical flag was raised */
              reliable: boolean;
              complete: boolean;
              /** @description every robust accuracy reaches failUnder, and the audit is reliable and complete */
              passed: boolean;
              results: {
                norm: string;
                epsilon: number;
                images: number;
                cleanAccuracy: number;
                /** @description an upper bound: another attack may break more; of the preset certify a lower one, of the smoothed classifier */
                robustAccuracy: number;
                /** @description 95 % interval of robustAccuracy */
                interval: number[];
              }[];
            } | null;
          };
        };
      };
    };
  };
  audit_resume: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        audit: string;
      };
      cookie?: never;
    };
    /** @description At most 16777216 bytes. */
    requestBody?: {
      content: {
        'application/json': unknown;
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            id: string;
            /** @constant */
            object: 'audit';
            /** @description "interrupted": its process ended without a word. All but "done" can go on with POST /v1/audits/{audit}/resume. */
            state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
            model: {
              name: string;
              version: string;
              digest: string;
            };
            request: {
              /** @description which served model: name, or name@version. May be left out where all that is served has one name. */
              model?: string;
              /** @description a data set as GET /v1/audits lists them, or a folder in one: letters, digits, ".", "_", "-" and "/" */
              data: string;
              /** @description radii in pixels of [0,1]: numbers or fractions such as "8/255" */
              epsilons?: (number | string)[];
              /** @description norm of the ball; linf, and l2 of the preset certify */
              norm?: 'linf' | 'l2' | 'l1';
              /** @description which attacks are made, each on what survived the ones before */
              preset?: 'quick' | 'paper' | 'standard' | 'plus' | 'rand' | 'encoder' | 'minimal' | 'certify' | 'corruptions';
              /** @description one attack instead of a preset; pgd */
              attack?: 'fgsm' | 'pgd' | 'momentum-pgd' | 'apgd' | 'apgd-t' | 'fab' | 'fab-t' | 'ladder' | 'square' | 'standard';
              /**
               * @description what is attacked, and what the adversary may change
               * @default image
               */
              threat:
                | 'image'
                | 'aggregate-image'
                | 'aggregate-crops'
                | 'aggregate-random'
                | 'embedding-distance'
                | 'embedding-cosine'
                | 'retrieval'
                | 'prototypes'
                | 'neighbours';
              /** @description steps of the attacks that have them */
              steps?: number;
              /** @description length of a step, as epsilons */
              stepSize?: number | string;
              /** @description runs from other random starts */
              restarts?: number;
              /** @description classes that targeted attacks try */
              targets?: number;
              /** @description points that square tries */
              queries?: number;
              /** @description deviation of the noise of the preset certify */
              sigma?: number;
              /** @description noisy copies of each image that the preset certify counts */
              draws?: number;
              /** @description how often a certificate may be wrong */
              alpha?: number;
              /** @description common corruptions that are looked at besides, or by the preset corruptions */
              corruptions?: (
                | 'main'
                | 'all'
                | 'gaussian-noise'
                | 'shot-noise'
                | 'impulse-noise'
                | 'defocus-blur'
                | 'glass-blur'
                | 'motion-blur'
                | 'zoom-blur'
                | 'snow'
                | 'fog'
                | 'brightness'
                | 'contrast'
                | 'elastic'
                | 'pixelate'
                | 'jpeg'
                | 'speckle-noise'
                | 'gaussian-blur'
                | 'saturate'
                | 'spatter'
              )[];
              /**
               * @description which part of data that has parts
               * @default test
               */
              split: 'train' | 'test';
              /** @description share of an undivided folder that counts as test */
              holdOut?: number;
              /** @description attack only so many images, chosen by the seed alike from every class */
              limit?: number;
              /**
               * @description all chance follows from it
               * @default 0
               */
              seed: number;
              /** @description the least robust accuracy that passes */
              failUnder?: number;
              /** @description end after that time; what is known then is an upper bound */
              maxMinutes?: number;
            };
            /** @description name of the API key that started it */
            client: string;
            /** @description UTC time in ISO 8601 */
            createdAt: string;
            /** @description when it last began to run */
            startedAt: string | null;
            /** @description when it was over */
            endedAt: string | null;
            /** @description how often it went on after a break */
            resumed: number;
            /** @description while it runs */
            progress: {
              /** @description part of the expected work that is done */
              share: number;
              label: string;
              note: string;
            } | null;
            /** @description assumptions, estimates and warnings; the last 100 */
            notes: string[];
            /** @description why it failed or was interrupted */
            error: {
              code: string;
              message: string;
            } | null;
            /** @description once it is done; GET /v1/audits/{audit}/result has everything */
            outcome: {
              /** @description no critical flag was raised */
              reliable: boolean;
              complete: boolean;
              /** @description every robust accuracy reaches failUnder, and the audit is reliable and complete */
              passed: boolean;
              results: {
                norm: string;
                epsilon: number;
                images: number;
                cleanAccuracy: number;
                /** @description an upper bound: another attack may break more; of the preset certify a lower one, of the smoothed classifier */
                robustAccuracy: number;
                /** @description 95 % interval of robustAccuracy */
                interval: number[];
              }[];
            } | null;
          };
        };
      };
    };
  };
  audit_result: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        audit: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            /** @constant */
            schema: 'robenc/audit';
            /** @constant */
            schemaVersion: 2;
            /** @description UTC time in ISO 8601 */
            createdAt: string;
            seconds: number;
            model: {
              path: string;
              sha256: string;
              package: string | null;
              /** @description name, type and shape */
              input: string;
              /** @description name, type and shape */
              output: string;
              classes: number;
            };
            data: {
              path: string;
              format: string;
              split: string;
              /** @description images attacked */
              images: number;
              height: number;
              width: number;
              classes: {
                name: string;
                logit: number;
                /** @description images of the class */
                images: number;
              }[];
            };
            threatModel: {
              name: string;
              text: string;
            };
            preset: {
              /** @description of the preset, or of the one attack */
              name: string;
              /** @description of all stages with every constant, the norm and the seed */
              sha256: string;
              /** @description answers are means over so many draws; 1: deterministic */
              draws: number;
              /** @description passes that vote on a claimed misclassification */
              votes: number;
            };
            assumptions: {
              /** @description what it is about, e.g. layout */
              name: string;
              value: string;
              source: 'default' | 'flag' | 'manifest' | 'model' | 'data';
              /** @description the flag that changes it */
              flag: string | null;
            }[];
            seed: number;
            device: string;
            /** @description false: time ran out, items failed, or this is a shard; robust accuracies are upper bounds, those of certificates lower ones */
            complete: boolean;
            incomplete: string | null;
            /** @description claimed points that did not stand */
            unverified: number;
            /** @description one per radius, ascending */
            results: {
              norm: 'linf' | 'l2' | 'l1';
              /** @description radius of the ball, in pixels of [0,1] */
              epsilon: number;
              attack: string;
              /** @description every constant of the attack */
              options: {
                [key: string]: unknown;
              };
              /** @description images attacked: all of them */
              images: number;
              /** @description images classified correctly without an attack */
              cleanCorrect: number;
              /** @description cleanCorrect / images */
              cleanAccuracy: number;
              /** @description exact 95 % interval of cleanAccuracy */
              cleanInterval: number[];
              /** @description images classified correctly without an attack and at every point that the attack tried */
              robustCorrect: number;
              /** @description robustCorrect / images: wrong when clean is not robust */
              robustAccuracy: number;
              /** @description exact 95 % interval of robustAccuracy */
              interval: number[];
              robustShareOfCorrect: number | null;
              /** @description gradients of single images that were computed */
              gradients: number;
              /** @description the attacks in their order, each on what survived the ones before */
              stages: {
                attack: string;
                /** @description every constant of the attack */
                options: {
                  [key: string]: unknown;
                };
                /** @description images that the attack was made on */
                attacked: number;
                /** @description of these, images with a misclassified point that was confirmed */
                broken: number;
                /** @description images that stand after it, those that it did not reach included */
                survivors: number;
                /** @description gradients of single images */
                gradients: number;
                /** @description points whose logits were looked at */
                queries: number;
                /** @description claimed points that did not stand when they were looked at again; not counted as broken */
                unverified: number;
              }[];
              eightBit: {
                /** @description points that are still misclassified when rounded to whole levels of 8 bits */
                broken: number;
                /** @description broken images that have a point */
                of: number;
              };
              /** @description only of the threat models embedding-distance (squared distances) and embedding-cosine */
              displacement: {
                /** @description over the images, of how far the embedding was moved, as a multiple of the distance to the nearest other embedding */
                median: number;
                /** @description the 90 % quantile of it */
                ninth: number;
                largest: number;
              } | null;
              classes: {
                name: string;
                /** @description images */
                images: number;
                /** @description right without an attack */
                cleanCorrect: number;
                /** @description right under attack */
                robustCorrect: number;
              }[];
            }[];
            /** @description of --preset certify, whose robust accuracies are lower bounds for the smoothed classifier: the majority over noisy copies */
            certificate?: {
              /** @description deviation of the normal noise, in pixels of [0,1] */
              sigma: number;
              /** @description noisy copies of each image that were counted */
              draws: number;
              /** @description copies that chose the class of each image */
              choosing: number;
              /** @description how often each certificate may be wrong */
              alpha: number;
              /** @description images */
              images: number;
              /** @description images that the model itself has right, without noise */
              baseCorrect: number;
              /** @description images whose class under noise is the right one, at any radius */
              smoothedCorrect: number;
              /** @description images that have no class under noise that is sure enough */
              abstained: number;
              /** @description the largest radius that so many draws can certify */
              farthest: number;
              /** @description by radius: the radii of the results, and others between 0 and the farthest */
              curve: {
                /** @description Euclidean, in pixels of [0,1] */
                radius: number;
                /** @description images that are right and certified at the radius */
                certified: number;
                /** @description of these so many hold at least, all certificates together, with probability 0.999 */
                certain: number;
              }[];
            };
            /** @description accuracy under common corruptions */
            corruptions?: {
              /** @description whose constants were used: by the size of the images */
              constants: 'CIFAR-10-C' | 'ImageNet-C';
              families: {
                name: string;
                /** @description noise, blur, weather or digital */
                group: string;
                /** @description mean over the severities */
                meanAccuracy: number;
                severities: {
                  severity: number;
                  /** @description images */
                  images: number;
                  /** @description of these classified correctly */
                  correct: number;
                  /** @description correct / images */
                  accuracy: number;
                  /** @description exact 95 % interval of accuracy */
                  interval: number[];
                }[];
              }[];
              /** @description share of the images that are wrong without a corruption */
              cleanError: number;
              /** @description mean corruption error: over all families and severities, not divided by that of another model */
              meanError: number;
            };
            /** @description accuracy at radii up to the largest one, from how far the points lie that broke the images; upper bounds, fine where the attack looks for near points (--preset minimal) */
            curve?: {
              epsilon: number;
              /** @description images of which no misclassified point within the radius is known */
              standing: number;
            }[];
            flags: {
              code: string;
              /** @description a critical one makes the audit not reliable */
              severity: 'info' | 'warning' | 'critical';
              /** @description what was seen, and what to do */
              message: string;
            }[];
            /** @description no flag is critical */
            reliable: boolean;
            failUnder: number | null;
            /** @description every robust accuracy, and the mean one under corruptions, reaches failUnder, and the audit is reliable and complete */
            passed: boolean;
            /** @description per stage of all radii in their order: seconds of all workers together */
            stageSeconds: number[];
          };
        };
      };
    };
  };
  audit_report: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        audit: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/html': unknown;
        };
      };
    };
  };
  audit_samples: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        audit: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/csv': unknown;
        };
      };
    };
  };
  openapi: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            [key: string]: unknown;
          };
        };
      };
    };
  };
  reference: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/html': unknown;
        };
      };
    };
  };
}
