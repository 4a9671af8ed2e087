/** @file What an endpoint is: a description as data, from which validation, documentation and tests follow, and one function. */
import type { IncomingMessage } from 'node:http';
import type { Static, TObject, TSchema } from '@sinclair/typebox';
import type { TensorData } from '@robenc/shared/graph/value.js';
import type { Keyring, Scope } from '../access/keyring.js';
import type { Audits } from '../auditing/audits.js';
import type { Lane } from '../batching/queue.js';
import type { StopSignal } from '../batching/stop.js';
import type { Call } from '../engine/compute.js';
import type { Engine } from '../engine/engine.js';
import type { ServedModel } from '../engine/model.js';
import type { ApiErrorCode } from '../errors.js';
import type { Family } from '../families/family.js';
import type { Exchange } from '../http/exchange.js';
import type { CropRequest, PreparedImage } from '../images/recipe.js';
import type { Limits } from '../limits.js';
import type { Metrics } from '../observability/metrics.js';

/** What was sent, in whichever form. */
export interface Sent {
  /** Bytes of image files, in order. */
  readonly images: readonly Uint8Array[];
  /** Whether a list of images was sent, for names of fields in messages. */
  readonly list: boolean;
  /** How the request names the image at a place, where it is not `images[i]` or `image`. */
  readonly nameOf?: (index: number) => string;
  /** Instead of image files: pixels, float32 or uint8. */
  readonly tensor: TensorData | null;
}

export interface RouteRequest<O> extends Sent {
  /** Checked against the route's schema, defaults filled in. */
  readonly options: O;
  /** The parts of the path in braces. */
  readonly params: Readonly<Record<string, string>>;
  /** The body as it came, for routes that read it themselves. */
  readonly raw: Buffer | null;
}

/** What a route may use. */
export interface RouteContext {
  readonly engine: Engine;
  /** All routes of the app. */
  readonly routes: readonly Route[];
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly keys: Keyring;
  /** Null where the server does not audit. */
  readonly audits: Audits | null;
  readonly exchange: Exchange;
  readonly request: IncomingMessage;
  readonly requestId: string;
  /** Fires when the client is gone or its time is over. */
  readonly signal: StopSignal;
  /** True once the server was asked to stop. */
  readonly draining: boolean;
  /** Fires then. */
  readonly stopping: AbortSignal;
  /** The model that the request names, kept open until its answer is out; the log line and the answer's headers then name it too. */
  model(reference: string | undefined): ServedModel;
  /** Milliseconds from now after which the request is given up with 504. */
  setDeadline(ms: number): void;
  /** Memory for what was sent, of at least so many bytes, which is used again when the answer is out. */
  takeMemory(bytes: number): ArrayBuffer;
  /** How graphs are run for this request. */
  call(lane?: Lane): Call;
  /** Says how many model inputs the request needs. Throws `overloaded`. */
  takeRoom(rows: number): void;
  /** Brings an image file that the server itself made to what the model sees. */
  prepareFile(model: ServedModel): (bytes: Uint8Array, crops: CropRequest | null) => Promise<PreparedImage>;
  /** Takes room for the request in the house, then decodes, fits and crops its images. Throws `overloaded` or `bad_image`. */
  prepare(model: ServedModel, request: Sent, crops?: CropRequest | null): Promise<readonly PreparedImage[]>;
}

interface Described {
  readonly name: string;
  /** Parts in braces match one part of a path: `/v2/models/{model}`. */
  readonly path: string;
  /** One line without a full stop. */
  readonly summary: string;
  readonly description?: string;
  /** Codes of `errors.ts` that it may answer with; `internal` and those of the door go without saying. */
  readonly errors: readonly ApiErrorCode[];
}

interface Manner {
  readonly method: 'get' | 'post' | 'delete';
  /** Whose clients it speaks to, which decides the body of errors. */
  readonly family: Family['name'];
  /** What an API key must allow; `public` needs none. */
  readonly scope: Scope | 'public';
  /** Whether it computes, and so needs room in the house. */
  readonly computes: boolean;
  /** How the body is read: not at all; as images with options; as a JSON object; or by the route itself. */
  readonly body: 'none' | 'images' | 'json' | 'raw';
  /** Most images of one request, whatever the server's own limit; 0 for routes without. */
  readonly images: number;
  /** Most numbers and strings in a JSON body. */
  readonly jsonValues: number;
  /** For routes that read their body themselves: the schema of its JSON form, for the documentation. */
  readonly jsonBody: TSchema | null;
  /** Types of a good answer besides JSON. */
  readonly types: readonly string[];
  /** Status of a good answer. */
  readonly status: 200 | 202;
}

/** A route as the app sees it, its types erased. */
export interface Route extends Described, Manner {
  /** Options of the body (POST) or of the address (GET). */
  readonly options: TObject;
  /** Schema of a good answer. */
  readonly response: TSchema;
  handle(request: RouteRequest<never>, context: RouteContext): Promise<unknown>;
}

const USUAL: Omit<Manner, 'method'> = {
  family: 'robenc',
  scope: 'infer',
  computes: false,
  body: 'none',
  images: 0,
  jsonValues: 4_096,
  jsonBody: null,
  types: [],
  status: 200,
};

/** Gives `handle` the types that follow from the description. Routes with images compute, unless they say otherwise. */
export function defineRoute<O extends TObject, R extends TSchema>(
  route: Described &
    Pick<Manner, 'method'> &
    Partial<Manner> & {
      readonly options: O;
      readonly response: R;
      handle(request: RouteRequest<Static<O>>, context: RouteContext): Promise<Static<R> | object>;
    },
): Route {
  const withImages = (route.images ?? 0) > 0;
  return { ...USUAL, ...(withImages ? { computes: true, body: 'images' } : {}), ...route };
}
