/** @file What a training engine is: something that holds parameters and takes whole training steps on one device. */
import type { LiveMemory } from '@robenc/shared/graph/live-memory.js';
import type { AdversaryPlan } from '../adversaries/adversary.js';
import type { Encoder } from '../encoders/encoder.js';
import type { Loss } from '../losses/loss.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import type { HostTensor, Parameters } from '../tensors/parameters.js';

/** One choice from a table with its checked configuration. */
export interface Choice<T> {
  readonly use: T;
  readonly config: object;
}

/** Everything that decides what a training step computes; sizes are fixed for the life of an engine. */
export interface StepSpec {
  readonly encoder: Choice<Encoder>;
  readonly loss: Choice<Loss>;
  readonly optimizer: Choice<Optimizer>;
  readonly adversary: AdversaryPlan;
  /** How much of the running average of the encoder a step keeps; null where there is none. */
  readonly average: number | null;
  /** `mixed`: products in float16, everything else in float32, with loss scaling. */
  readonly precision: 'float32' | 'mixed';
  /** Views of each image. */
  readonly views: number;
  /** Images in a batch. */
  readonly batch: number;
  /** Height and width of a view in pixels. */
  readonly size: number;
}

export interface Batch {
  /** Pixels in [0,1], [views * batch, 3, size, size], view-major: row v * batch + i is view v of image i. */
  readonly views: Float32Array;
  /** Class of each image, [batch]; only for losses that need labels. */
  readonly labels?: Int32Array;
}

export interface StepMetrics {
  /** Loss, its parts and the length of the gradient of all parameters, as the last optimizer step of the call saw them. */
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
}

/** All that a training run must keep to go on where it stopped. */
export interface TrainingState {
  readonly params: Parameters;
  readonly encoderState: Parameters;
  readonly slots: Parameters;
  /** The perturbation carried to the next batch, [views * batch, 3, size, size] or that of the last view; null where the adversary carries none. */
  readonly delta: HostTensor | null;
}

export interface Engine {
  readonly name: string;
  /** What it really runs on, e.g. `cpu` or `tfjs-node-gpu`. */
  readonly device: string;
  /** Why that is not what was asked for, or not the fastest there is. */
  readonly notice: string | null;
  /**
   * One batch: the adversary's passes and `adversary.replays` optimizer steps, with one learning rate for each of them.
   * Throws `bad-input` when the sizes of the batch are not those of the engine.
   */
  step(batch: Batch, learningRates: readonly number[]): Promise<StepMetrics>;
  /** A copy of the present state on the host. */
  state(): Promise<TrainingState>;
  /** Goes on from that state. Throws `mismatch` when its names or shapes are others. */
  load(state: TrainingState): Promise<void>;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly device?: 'auto' | 'cpu' | 'cuda' | 'webgpu';
  /** Threads of one step; by default as many as there are cores. */
  readonly threads?: number;
  /** Replays inside one run of the compiled graph; by default one on a CPU, all on a GPU. */
  readonly replaysPerRun?: number;
  /** `plain`: convolutions on a CPU are never put in blocks of channels. Default: `auto`, where they give the same numbers. */
  readonly convolutions?: 'auto' | 'plain';
}

/** The shapes of everything that a step reads and writes. */
export type StepShapes = Readonly<Record<'params' | 'state' | 'slots', Readonly<Record<string, { readonly shape: readonly number[] }>>>>;

/** A step that is ready to be opened on a device. */
export interface PreparedEngine {
  /** What its graphs keep while they run; null where that is not known before. */
  readonly memory: LiveMemory | null;
  /** Opens it with that state, once. */
  open(initial: TrainingState): Promise<Engine>;
}

/** A way of taking training steps; the name is what run files say. */
export interface EngineKind {
  readonly name: string;
  /** One sentence for help and documentation. */
  readonly summary: string;
  /** Does what takes time and needs no values: compiles. */
  prepare(spec: StepSpec, shapes: StepShapes, options?: EngineOptions): Promise<PreparedEngine>;
}
