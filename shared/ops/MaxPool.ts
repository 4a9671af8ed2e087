/** @file MaxPool. */
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';
import { flat, reshapeLike, zerosLike } from './movement.js';
import { pooledType } from './pooling.js';

/** y = the largest of each window, and optionally its place in x counted through all axes;  dx = zeros, to which dy is added at these places */
export default defineOp({
  op: 'MaxPool',
  infer: (context) => {
    const y = pooledType(context);
    return context.outputs > 1 ? [y, { dtype: 'int64', shape: y.shape }] : [y];
  },
  grad: (g, node, [dy]) => {
    if (!dy) return [null];
    const x = node.inputs[0]!;
    // Places are wanted in the order of the elements (storage_order 0).
    const rowMajor = numberAttr(node.attrs, 'storage_order', 0) === 0;
    const indices =
      (rowMajor ? node.outputs[1] : undefined) ??
      g.nodeOutputs('MaxPool', node.inputs, rowMajor ? node.attrs : { ...node.attrs, storage_order: 0 }, { outputs: 2 })[1]!;
    const places = g.node('ScatterElements', [flat(g, zerosLike(g, x, dy)), flat(g, indices), flat(g, dy)], { axis: 0, reduction: 'add' });
    return [reshapeLike(g, places, x)];
  },
});
