/** @file Dropout. */
import { RobencError } from '../errors.js';
import { defineOp } from '../graph/operator.js';
import type { Node, Value } from '../graph/value.js';

/** y = x outside training mode;  dx = dy. In training mode a random part of x is 0 and the rest scaled up: dx = dy mask / (1 - ratio). */
export default defineOp({
  op: 'Dropout',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const outputs = [
      { dtype, shape },
      { dtype: 'bool' as const, shape },
    ];
    return outputs.slice(0, Math.max(1, context.outputs));
  },
  grad: (g, node, [dy]) => {
    if (!isTraining(node)) return [dy!, null, null];
    const mask = node.outputs[1];
    if (!mask) throw new RobencError('unsupported', `Dropout "${node.name}" is in training mode and does not output its mask. Export the model for inference.`);
    const ratio: Value = node.inputs[1] ? g.cast(node.inputs[1], dy!.type.dtype) : g.scalarLike(0.5, dy!);
    return [g.div(g.mul(dy!, g.cast(mask, dy!.type.dtype)), g.sub(g.scalarLike(1, dy!), ratio)), null, null];
  },
  stochastic: true,
});

/** Whether the mode is on, or may be switched on at run time. */
function isTraining(node: Node): boolean {
  const mode = node.inputs[2];
  return mode ? mode.known?.[0] !== 0 : false;
}
