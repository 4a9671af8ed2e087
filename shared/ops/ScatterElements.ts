/** @file ScatterElements. */
import { RobencError } from '../errors.js';
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { numberAttr, textAttr } from './attributes.js';
import { zerosLike } from './movement.js';

/** y = x with updates put (or added) at the indices along an axis;  dx = dy (0 where put), dupdates = dy at the indices */
export default defineOp({
  op: 'ScatterElements',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy], needs) => {
    const [, indices, updates] = node.inputs as [Value, Value, Value];
    const axis = numberAttr(node.attrs, 'axis', 0);
    const reduction = textAttr(node.attrs, 'reduction', 'none');
    if (reduction !== 'none' && reduction !== 'add')
      throw new RobencError('unsupported', `ScatterElements "${node.name}": no gradient with reduction ${reduction}.`);
    const dx = (): Value => (reduction === 'add' ? dy! : g.node('ScatterElements', [dy!, indices, zerosLike(g, updates)], { axis }));
    return [needs[0] ? dx() : null, null, needs[2] ? g.node('GatherElements', [dy!, indices], { axis }) : null];
  },
});
