/** @file Mod. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import { broadcastType, sameDType } from './elementwise.js';
import { onSizes } from './known.js';

/** y = a - n b with n = a / b rounded (down, or toward 0 with fmod = 1, which floats need);  da = dy, db = -n dy */
export default defineOp({
  op: 'Mod',
  infer: (context) => {
    const types = [context.type(0), context.type(1)];
    sameDType(types);
    return [broadcastType(types)];
  },
  grad: (g, node, [dy], needs) => {
    const [a, b] = node.inputs as [Value, Value];
    const turns = (): Value => g.node('Round', [g.div(g.sub(a, node.outputs[0]!), b)]);
    return [needs[0] ? g.unbroadcast(dy!, a.type.shape) : null, needs[1] ? g.unbroadcast(g.neg(g.mul(dy!, turns())), b.type.shape) : null];
  },
  known: (context) => {
    const towardZero = numberAttr(context.attrs, 'fmod', 0) === 1;
    return onSizes((a, b) => (typeof a === 'number' && typeof b === 'number' && b !== 0 ? (towardZero ? a % b : a - b * Math.floor(a / b)) : null))(context);
  },
});
