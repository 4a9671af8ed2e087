/** @file Concat. */
import { normalizeAxis } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Dim } from '../graph/value.js';
import { sameDType } from './elementwise.js';
import { addDims } from './known.js';
import { sizeAt } from './movement.js';

/** y = the inputs one after the other along an axis;  each dx = its part of dy */
export default defineOp({
  op: 'Concat',
  infer: (context) => {
    const types = context.inputs.map((_, i) => context.type(i));
    sameDType(types);
    const first = types[0]!.shape;
    const axis = normalizeAxis(context.attrs['axis'] as number, first.length);
    const shape = first.map((dim, i): Dim => {
      if (i === axis) return types.map((type) => type.shape[i]!).reduce(addDims);
      const sizes = types.map((type) => type.shape[i]);
      const fixed = sizes.find((size) => typeof size === 'number');
      if (sizes.some((size) => size === undefined || (typeof size === 'number' && size !== fixed)))
        throw new Error(`shapes must agree except at axis ${axis}: ${types.map((type) => `[${type.shape.join(',')}]`).join(' ')}`);
      return fixed ?? dim;
    });
    return [{ dtype: types[0]!.dtype, shape }];
  },
  grad: (g, node, [dy], needs) => {
    const axis = normalizeAxis(node.attrs['axis'] as number, dy!.type.shape.length);
    if (node.inputs.length === 1) return [dy!];
    const sizes = g.node(
      'Concat',
      node.inputs.map((input) => sizeAt(g, input!, axis)),
      { axis: 0 },
    );
    const parts = g.nodeOutputs('Split', [dy!, sizes], { axis }, { outputs: node.inputs.length });
    return parts.map((part, i) => (needs[i] ? part : null));
  },
  known: (context) => {
    const parts = context.inputs.map((_, i) => context.known(i));
    return parts.some((part) => part === null) ? null : parts.flatMap((part) => part!);
  },
});
