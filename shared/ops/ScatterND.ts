/** @file ScatterND. */
import { RobencError } from '../errors.js';
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { textAttr } from './attributes.js';
import { zerosLike } from './movement.js';

/** y = x with slices put (or added) at the index tuples;  dx = dy (0 where put), dupdates = dy at the tuples */
export default defineOp({
  op: 'ScatterND',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy], needs) => {
    const [, indices, updates] = node.inputs as [Value, Value, Value];
    const reduction = textAttr(node.attrs, 'reduction', 'none');
    if (reduction !== 'none' && reduction !== 'add') throw new RobencError('unsupported', `ScatterND "${node.name}": no gradient with reduction ${reduction}.`);
    const dx = (): Value => (reduction === 'add' ? dy! : g.node('ScatterND', [dy!, indices, zerosLike(g, updates)]));
    return [needs[0] ? dx() : null, null, needs[2] ? g.node('GatherND', [dy!, indices]) : null];
  },
});
