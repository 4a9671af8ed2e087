/** @file Encoders with their heads, from files: a model package, an ONNX encoder with a folder of heads, or an ONNX classifier. */
import { dirname, join } from 'node:path';
import type { CropSchemeName } from '../config/manifest.js';
import { RobencError } from '../errors.js';
import { readBytes } from '../files.js';
import { fromOnnx } from '../graph/from-onnx.js';
import type { Graph } from '../graph/value.js';
import type { SizePolicy } from '../images/fit.js';
import { sha256 } from '../package/digest.js';
import { openPackage } from '../package/open.js';
import { classifierGraph, encoderShape, headGraph } from './classifier-graph.js';
import { readHead } from './head-file.js';

/** What can be attacked. Class names are in the order of the logits; null: class i of the data is logit i. */
export interface Heads {
  /** `image` → `logits`. */
  readonly image: { readonly classifier: Graph; readonly classes: readonly string[] | null } | null;
  /** `embedding` → `logits`, and the crops that it was fitted on. */
  readonly aggregate: {
    readonly head: Graph;
    readonly classes: readonly string[];
    readonly crops: { readonly count: number; readonly scheme: CropSchemeName };
  } | null;
}

export interface EncoderSource {
  readonly encoder: Graph;
  /** SHA-256 that heads are tied to. */
  readonly digest: string;
  /** How images are brought to the encoder's input. */
  readonly size: SizePolicy;
  /** The crop scheme that the encoder was trained with, where that is known. */
  readonly scheme: CropSchemeName;
  /** Where its heads are written; null where they cannot be. */
  readonly headsFolder: string | null;
  /** The data set that it was trained on, where that is known. */
  readonly data: { readonly name?: string | undefined; readonly path?: string | undefined; readonly holdOut?: number | undefined } | null;
  readonly heads: () => Heads;
}

/** An encoder graph whose heads lie in a folder. Reading them throws `mismatch` when they belong to another encoder. */
export function withHeads(source: Omit<EncoderSource, 'heads'> & { readonly headsFolder: string }): EncoderSource {
  const { encoder, digest, headsFolder } = source;
  const read = (kind: 'image' | 'aggregate') => {
    const stored = readHead(headsFolder, kind);
    if (stored !== null && stored.file.encoderDigest !== digest)
      throw new RobencError(
        'mismatch',
        `The ${kind} head in ${headsFolder} was fitted on another encoder, or on an earlier state of this one. Fit it again with robenc fit-head --force.`,
        { field: headsFolder },
      );
    return stored;
  };
  return {
    ...source,
    heads() {
      const [image, aggregate] = [read('image'), read('aggregate')];
      return {
        image: image && { classifier: classifierGraph(encoder, headGraph(image.head)), classes: image.file.classes },
        aggregate: aggregate && { head: headGraph(aggregate.head), classes: aggregate.file.classes, crops: aggregate.file.crops! },
      };
    },
  };
}

/** An ONNX file: a classifier if it gives `logits`, else an encoder whose heads lie in `headsFolder` (by default `heads` beside it). */
export function openOnnxSource(path: string, headsFolder = join(dirname(path), 'heads')): EncoderSource {
  const encoder = fromOnnx(path);
  const { height, width } = encoderShape(encoder);
  const common = { encoder, digest: sha256(readBytes(path, 'source')), size: { height, width, fit: 'cover' }, scheme: 'crops', data: null } as const;
  if (!encoder.outputs.some(({ name }) => name === 'logits')) return withHeads({ ...common, headsFolder });
  return { ...common, headsFolder: null, heads: () => ({ image: { classifier: encoder, classes: null }, aggregate: null }) };
}

/** A model package, whose classifier is its whole-image head. Throws as `openPackage` does. */
export async function openPackageSource(folder: string): Promise<EncoderSource> {
  const opened = await openPackage(folder);
  const { input, files, classes, heads } = opened.manifest;
  const [encoder, classifier, aggregate] = [opened.path('encoder'), opened.path('classifier'), opened.path('aggregateHead')];
  if (encoder === null)
    throw new RobencError('unsupported', `The package ${opened.name}@${opened.version} has a classifier but no encoder of its own.`, { field: folder });
  return {
    encoder: fromOnnx(encoder),
    digest: files.encoder!.sha256,
    size: { height: input.height, width: input.width, fit: input.fit },
    scheme: heads.aggregate?.scheme ?? 'crops',
    headsFolder: null,
    data: null,
    heads: () => ({
      image: classifier === null ? null : { classifier: fromOnnx(classifier), classes },
      aggregate:
        aggregate === null || heads.aggregate === undefined
          ? null
          : { head: fromOnnx(aggregate), classes, crops: { count: heads.aggregate.crops, scheme: heads.aggregate.scheme } },
    }),
  };
}
