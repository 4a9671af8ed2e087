/** @file The ranges that activations take over calibration images. */
import { copyInto } from '../../graph/copy.js';
import { toOnnx } from '../../graph/to-onnx.js';
import type { Graph, Value } from '../../graph/value.js';
import { newBuilder } from '../../ops/index.js';
import { openSession } from '../../runtime/session.js';
import type { TensorData } from '../../graph/value.js';
import type { Range } from './quantize.js';

/** The least and greatest element of each value over all batches of `image`. */
export async function calibrate(graph: Graph, values: readonly Value[], batches: Iterable<TensorData>): Promise<ReadonlyMap<Value, Range>> {
  const g = newBuilder();
  const { of } = copyInto(g, { ...graph, outputs: values.map((value, i) => ({ name: String(i), value })) });
  values.forEach((value, i) => {
    g.output(`low${i}`, g.node('ReduceMin', [of(value)], { keepdims: 0 }));
    g.output(`high${i}`, g.node('ReduceMax', [of(value)], { keepdims: 0 }));
  });
  const session = await openSession(toOnnx(g.build('calibration')), { device: 'cpu' });
  try {
    const ranges = values.map(() => ({ low: Infinity, high: -Infinity }));
    for (const image of batches) {
      const found = await session.run({ image });
      ranges.forEach((range, i) => {
        range.low = Math.min(range.low, Number(found[`low${i}`]!.data[0]));
        range.high = Math.max(range.high, Number(found[`high${i}`]!.data[0]));
      });
    }
    return new Map(values.map((value, i) => [value, ranges[i]!]));
  } finally {
    await session.close();
  }
}
