/** @file How much memory a run will need, before it starts: from the shapes of its compiled step and the sizes of its data. */
import type { LiveMemory } from '@robenc/shared/graph/live-memory.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { perturbationShape, pixelShape } from '../engines/contract.js';
import type { Plan } from '../run/plan.js';

/** Bytes, by what they are for. */
export interface MemoryEstimate {
  /** Node, ONNX Runtime, TensorFlow.js and their threads. */
  readonly program: number;
  readonly data: number;
  /** Parameters, statistics and slots of the optimizer, before and after a step, and as a checkpoint while one is written. */
  readonly state: number;
  /** Views that are being rendered, wait, and are trained on, with their perturbation. Grows with the batch. */
  readonly views: number;
  /** What the step keeps for its backward pass. Grows with the batch; on a GPU it lies there. */
  readonly activations: number;
  readonly total: number;
}

/** Of a run of the smallest network, measured; the modules are loaded in three threads. */
const PROGRAM = 480 * 2 ** 20;
/** Copies of the state: before a step, after it, and until the next collection of garbage; in a checkpoint its copy and the bytes of the file. */
const STATE_COPIES = 5;
/** Batches of views: two ahead, one handed over, one trained on. */
const VIEW_COPIES = 4;
/** Perturbations before and after a step, and one that waits for collection. */
const DELTA_COPIES = 3;
/**
 * What ONNX Runtime takes for a byte that is needed at one time, measured on steps of several sizes (1.9 to 2.0): its allocator takes memory in pieces that double,
 * and weight gradients have work space of their own.
 */
const ALLOCATOR = 2;

/** Estimates a run whose state takes `stateBytes` and whose compiled step keeps `step`. `onHost`: whether that lies in this machine's memory. */
export function estimateMemory(
  { spec }: Plan,
  { stateBytes, set, step, onHost }: { stateBytes: number; set: Pick<ImageSet, 'pixels'>; step: LiveMemory; onHost: boolean },
): MemoryEstimate {
  const parts = {
    program: PROGRAM,
    data: set.pixels.byteLength,
    state: STATE_COPIES * stateBytes + 2 * step.constants,
    views: VIEW_COPIES * floatsIn(pixelShape(spec)) + (spec.adversary.epsilon > 0 ? DELTA_COPIES * floatsIn(perturbationShape(spec)) : 0),
    activations: onHost ? ALLOCATOR * step.peak : 0,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, bytes) => sum + bytes) };
}

function floatsIn(shape: readonly number[]): number {
  return 4 * shape.reduce((a, b) => a * b);
}
