/** @file What an attack is: a host loop over an oracle that looks for a misclassified point near each image. */
import type { TSchema } from '@sinclair/typebox';
import type { NormName } from './norms.js';

/** Key of an image: what its chance is drawn from, whatever batch it travels in. */
export type ImageId = number | string;

/** Images as an attack sees them: pixels in [0,1], row-major [count, ...shape]. */
export interface Batch {
  readonly count: number;
  /** Shape of one image, e.g. [3,32,32]. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** Per image, for oracles whose answer depends on which image it is (fixed crops). */
  readonly ids: readonly ImageId[];
}

/** Loss and its gradient at a batch of points. Every number is per image; the gradient is of the sum of the losses. */
export interface LossAndGradient {
  /** [count] */
  readonly loss: Float32Array;
  /** [count, classes] */
  readonly logits: Float32Array;
  /** [count, ...shape] */
  readonly gradient: Float32Array;
}

/** (z_target - z_label) / (Σ weights[k] z(k+1) + floor), with the logits sorted z(1) ≥ z(2) ≥ …: margin, DLR and targeted DLR by their numbers. */
export interface MarginLoss {
  /** Four weights; a model of fewer classes uses the first ones. */
  readonly weights: readonly number[];
  readonly floor: number;
}

/** A classifier under white-box attack. Pixels go in as [0,1]: normalisation is the model's own business. */
export interface Oracle {
  readonly classes: number;
  /** Logits [count, classes]. */
  forward(x: Batch): Promise<Float32Array>;
  /** Softmax cross-entropy with the labels, and its gradient with respect to the pixels. */
  lossAndGradient(x: Batch, labels: Int32Array): Promise<LossAndGradient>;
  /** A margin loss and its gradient; a target of -1 is the best class besides the label. Absent where only cross-entropy is to be had. */
  marginAndGradient?(x: Batch, labels: Int32Array, targets: Int32Array, loss: MarginLoss): Promise<LossAndGradient>;
}

/** What every attack's options have in common. */
export interface AttackOptions {
  /** Radius of the ball around each image, in pixels of [0,1]. */
  readonly epsilon: number;
  /** Default: linf. */
  readonly norm?: NormName;
}

export interface AttackProgress {
  /** Gradient evaluations done and at most to do, counted per batch. */
  readonly step: number;
  readonly steps: number;
  /** Images that are still classified correctly. */
  readonly survivors: number;
}

export interface AttackJob<O extends AttackOptions = AttackOptions> {
  readonly oracle: Oracle;
  readonly x: Batch;
  /** [count], each in [0, classes). */
  readonly labels: Int32Array;
  readonly options: O;
  readonly seed: number;
  /** An AbortSignal, or whatever else says that the attack is to end. */
  readonly signal?: Pick<AbortSignal, 'aborted'>;
  readonly progress?: (progress: AttackProgress) => void;
}

/** Loss and prediction at every iterate of a run, the last one included: `losses[k]` is before step k. */
export interface Trace {
  readonly losses: number[];
  readonly predictions: number[];
}

/** The worst point that an attack found for one image. */
export interface Outcome {
  readonly id: ImageId;
  readonly label: number;
  /** Prediction on the image as it came; -1 when the model answered NaN. */
  readonly cleanPrediction: number;
  /** Prediction at `adversarial`. */
  readonly adversarialPrediction: number;
  /** Whether `adversarial` is misclassified. An image that is wrong from the start is broken by itself, with no perturbation. */
  readonly broken: boolean;
  /** The worst point: a misclassified one if any was seen, of those (else of all) the one with the largest loss. Pixels in [0,1]. */
  readonly adversarial: Float32Array;
  /** Cross-entropy at the image and at `adversarial`. */
  readonly lossBefore: number;
  readonly lossAfter: number;
  /** Gradient evaluations spent on this image. */
  readonly iterations: number;
  /** Points whose logits were looked at, with or without a gradient; the clean image not counted. */
  readonly queries: number;
  /** Where the first misclassified point was met: the number of the query (0: the image itself), and the class aimed at by a targeted attack. Null where none was. */
  readonly brokenAt: { readonly query: number; readonly target: number | null } | null;
  /** Largest absolute, Euclidean and summed absolute change, in pixels of [0,1]. */
  readonly linf: number;
  readonly l2: number;
  readonly l1: number;
  /** Evaluations whose gradient was zero everywhere, or held NaN or infinity: signs of a masked gradient. */
  readonly zeroGradients: number;
  readonly nonFiniteGradients: number;
  /** Only where the attack was asked for it. */
  readonly trace: Trace | null;
}

/** Evaluations of single images. */
export interface AttackCost {
  readonly gradients: number;
  readonly forwards: number;
}

/** One attack; its entry in the table of attacks. */
export interface Attack<O extends AttackOptions = AttackOptions> {
  readonly name: string;
  readonly summary: string;
  /** Schema of the options; unknown names are refused where a request or flag is checked. */
  readonly options: TSchema;
  /** Asks for no gradients. */
  readonly blackBox?: boolean;
  /** Does nothing without the oracle's `marginAndGradient`. */
  readonly needsMargins?: boolean;
  /** Goes on with broken images, to find nearer points. */
  readonly exhaustive?: boolean;
  /** The options with every default filled in, as reports print them. Throws `usage` on options that contradict each other. */
  complete(options: O): Required<O>;
  /** Gradients and plain forward passes that an image costs which survives to the end. */
  cost(options: Required<O>, classes: number): AttackCost;
  /** One outcome per image, in the order of the batch. Throws `cancelled` when the signal fires. */
  run(job: AttackJob<O>): Promise<Outcome[]>;
}
