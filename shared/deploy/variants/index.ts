/** @file The table of number formats that a package can have beside float32. */
import type { VariantName } from '../../config/manifest.js';
import { optimize } from '../../graph/passes/index.js';
import type { Graph, TensorData } from '../../graph/value.js';
import { operators } from '../../ops/index.js';
import { table } from '../../table.js';
import { calibrate } from './calibrate.js';
import { toFloat16 } from './float16.js';
import { activationsOf, quantized } from './quantize.js';

export interface Precision {
  readonly name: VariantName;
  /** As the card says how it was made. */
  readonly method: string;
  /** Whether `make` looks at images. */
  readonly calibrated: boolean;
  /** The graph in this format; `batches` are calibration images, float32 [n,3,H,W]. */
  readonly make: (graph: Graph, batches: readonly TensorData[]) => Promise<Graph>;
}

export const precisions = table<Precision>('precision', [
  {
    name: 'float16',
    method: 'constants and arithmetic in half precision',
    calibrated: false,
    make: (graph) => Promise.resolve(toFloat16(graph)),
  },
  {
    name: 'int8',
    method: 'static QDQ: weights 7 bits in int8, symmetric, per channel; activations uint8, least to greatest over the calibration images',
    calibrated: true,
    async make(graph, batches) {
      const lean = optimize(graph, operators);
      return quantized(lean, await calibrate(lean, activationsOf(lean), batches));
    },
  },
]);
