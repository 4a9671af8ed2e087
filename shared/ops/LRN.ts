/** @file LRN. */
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';

/** y = x d^-β with d = k + α/n Σ x² over n neighbouring channels;  dx = dy d^-β - 2αβ/n x Σ' dy y / d, Σ' over the channels whose window holds this one */
export default defineOp({
  op: 'LRN',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy]) => {
    const x = node.inputs[0]!;
    const size = numberAttr(node.attrs, 'size', 1);
    const [alpha, beta, bias] = [numberAttr(node.attrs, 'alpha', 1e-4), numberAttr(node.attrs, 'beta', 0.75), numberAttr(node.attrs, 'bias', 1)];
    const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    const c = (value: number): Value => g.scalarLike(value, x);
    const d = g.add(c(bias), g.mul(c(alpha / size), neighbours(g, g.mul(x, x), before, after)));
    const direct = g.mul(dy!, g.node('Pow', [d, c(-beta)]));
    const through = neighbours(g, g.div(g.mul(dy!, node.outputs[0]!), d), after, before);
    return [g.sub(direct, g.mul(g.mul(x, c((2 * alpha * beta) / size)), through))];
  },
});

/** Sums over the channels from `before` below to `after` above each. */
function neighbours(g: GraphBuilder, x: Value, before: number, after: number): Value {
  const rank = x.type.shape.length;
  const channels = Number(x.type.shape[1]);
  const pads = new Array<number>(2 * rank).fill(0);
  [pads[1], pads[rank + 1]] = [before, after];
  const padded = g.node('Pad', [x, g.ints(pads), g.scalarLike(0, x)]);
  const shifted = Array.from({ length: before + after + 1 }, (_, i) => g.node('Slice', [padded, g.ints([i]), g.ints([i + channels]), g.ints([1])]));
  return shifted.reduce(g.add);
}
