/** @file What a threat model of a robustness check is: what is attacked, what the attacker may change, and what counts as broken. */
import type { Batch, Oracle } from '@robenc/shared/attacks/attack.js';
import type { CropRequest, PreparedImage } from '../../images/recipe.js';
import type { Prediction } from '../classify.js';
import type { Call } from '../compute.js';
import type { ServedModel } from '../model.js';

export interface ThreatContext {
  readonly model: ServedModel;
  /** Whole images in the model's input size, one row each. */
  readonly images: readonly PreparedImage[];
  /** The crops of each, for threat models that have them; else null. */
  readonly cropped: readonly PreparedImage[] | null;
  readonly crops: CropRequest | null;
  /** How far an embedding may move; null: not to the nearest other one of the request. */
  readonly threshold: number | null;
  readonly call: Call;
  /** Brings a stored image to what the model sees, as requests are. */
  readonly prepareFile: (png: Uint8Array, crops: CropRequest | null) => Promise<PreparedImage>;
}

/** How far the embedding of a point has moved. */
export interface Moved {
  readonly measure: 'distance' | 'cosine';
  /** Euclidean, or one minus the cosine. */
  readonly distance: number;
  /** From here on it counts as broken. */
  readonly threshold: number;
}

/** A classifier to attack, and images that may be attacked together. */
export interface Attacked {
  /** Which images of the request. */
  readonly indices: readonly number[];
  readonly oracle: Oracle;
  readonly x: Batch;
  /** What the model says of the images as they came; null where there are no classes. */
  readonly clean: readonly (Prediction | null)[];
  /** The class to attack where none is given; null: labels mean nothing here, and class 0 is attacked. */
  readonly labels: readonly number[] | null;
  /** The same of points, each of the shape of one image of `x`. */
  predict(points: readonly Float32Array[]): Promise<readonly (Prediction | null)[]>;
  /** The same of a point as a PNG file holds it; null where a point is no image. */
  readonly predictFile: ((png: Uint8Array) => Promise<Prediction | null>) | null;
  /** One embedding per point; null where the model has no encoder. */
  embed(points: readonly Float32Array[]): Promise<readonly Float32Array[] | null>;
  /** For threat models that are about embeddings. */
  moved?(row: number, embedding: Float32Array): Moved;
}

export interface ServedThreat {
  readonly name: 'image' | 'aggregate-image' | 'aggregate-crops' | 'embedding-distance' | 'embedding-cosine';
  /** What is attacked, and what the attacker may change. */
  readonly text: string;
  /** Whether it is about the mean over crops. */
  readonly crops: boolean;
  /** Whether it needs no classes. */
  readonly labelFree: boolean;
  build(context: ThreatContext): Promise<readonly Attacked[]>;
}
