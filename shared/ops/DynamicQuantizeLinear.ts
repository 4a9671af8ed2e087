/** @file DynamicQuantizeLinear. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';

/**
 * y = x / s rounded + z as uint8, with s and z (outputs 1 and 2) from the least and greatest of x, so that nothing is cut off.
 * Straight through: dx = dy / s. What s does to y and to the numbers that are made of y again is the same but for the rounding, and cancels:
 * so s counts as constant.
 */
export default defineOp({
  op: 'DynamicQuantizeLinear',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    if (dtype !== 'float32') throw new Error(`x is ${dtype}, not float32`);
    return [
      { dtype: 'uint8' as const, shape },
      { dtype: 'float32' as const, shape: [] },
      { dtype: 'uint8' as const, shape: [] },
    ].slice(0, Math.max(1, context.outputs));
  },
  grad: (g, node, [dy]) => {
    if (!dy) return [null];
    const scale: Value = node.outputs[1] ?? g.nodeOutputs('DynamicQuantizeLinear', node.inputs, {}, { outputs: 3 })[1]!;
    return [g.div(dy, scale)];
  },
  carriesIntegers: true,
  estimated: 'straight through its rounding',
});
