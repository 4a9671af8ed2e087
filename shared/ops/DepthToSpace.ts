/** @file DepthToSpace. */
import { multiply } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import { numberAttr, textAttr } from './attributes.js';

/** y = blocks of b x b channels laid out in space;  dx = dy gathered into channels again */
export default defineOp({
  op: 'DepthToSpace',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const block = numberAttr(context.attrs, 'blocksize', 1);
    const [n, channels, height, width] = shape;
    if (shape.length !== 4 || typeof channels !== 'number' || channels % block ** 2 !== 0)
      throw new Error(`the channels must be a multiple of ${block ** 2} in a tensor of rank 4`);
    return [{ dtype, shape: [n!, channels / block ** 2, multiply(height!, block), multiply(width!, block)] }];
  },
  grad: (g, node, [dy]) => {
    const block = numberAttr(node.attrs, 'blocksize', 1);
    const packed = g.node('SpaceToDepth', [dy!], { blocksize: block });
    if (textAttr(node.attrs, 'mode', 'DCR') === 'DCR') return [packed];
    // CRD counts the channel slowest; SpaceToDepth answers [b, b, channel].
    const channels = Number(dy!.type.shape[1]);
    const apart = g.node('Reshape', [packed, g.node('Concat', [g.ints([0, block * block, channels]), g.node('Shape', [packed], { start: 2 })], { axis: 0 })]);
    return [g.node('Reshape', [g.transpose(apart, [0, 2, 1, 3, 4]), g.node('Shape', [packed])])];
  },
  addBefore: (g, a, b) => (JSON.stringify(a.attrs) === JSON.stringify(b.attrs) ? g.node('DepthToSpace', [g.add(a.inputs[0]!, b.inputs[0]!)], a.attrs) : null),
});
