/** @file robenc.Levels: rounding to whole numbers of a range, for quantisation to types that robenc does not hold as such (4 and 16 bits). */
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import type { Node, Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import { masked } from './masks.js';

/** y = x rounded (halves to even) + z, kept in [low, high], as floats. Straight through, as QuantizeLinear: dx = dy where the sum is inside, else 0. */
export default defineOp({
  op: 'Levels',
  domain: 'robenc',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy], needs) => {
    const { raw, low, high } = unbounded(g, node);
    const inside = g.node('And', [g.node('GreaterOrEqual', [raw, low]), g.node('LessOrEqual', [raw, high])]);
    return [needs[0] ? masked(g, dy!, inside) : null, null];
  },
  estimated: 'straight through its rounding',
  lower: (g, node) => {
    const { raw, low, high } = unbounded(g, node);
    return [g.node('Clip', [raw, low, high])];
  },
});

function unbounded(g: GraphBuilder, node: Node): { readonly raw: Value; readonly low: Value; readonly high: Value } {
  const [x, zero] = node.inputs as [Value, Value];
  const bound = (name: string): Value => g.scalarLike(numberAttr(node.attrs, name, 0), x);
  return { raw: g.add(g.node('Round', [x]), zero), low: bound('low'), high: bound('high') };
}
