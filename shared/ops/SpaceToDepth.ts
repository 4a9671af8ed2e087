/** @file SpaceToDepth. */
import { divide, multiply } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';

/** y = each b x b patch as channels;  dx = dy laid out in space again */
export default defineOp({
  op: 'SpaceToDepth',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const block = numberAttr(context.attrs, 'blocksize', 1);
    const [n, channels, height, width] = shape;
    if (shape.length !== 4) throw new Error('the tensor must have rank 4');
    const [rows, columns] = [divide(height!, block), divide(width!, block)];
    if (rows === null || columns === null) throw new Error(`sizes ${height} and ${width} must be multiples of ${block}`);
    return [{ dtype, shape: [n!, multiply(channels!, block ** 2), rows, columns] }];
  },
  grad: (g, node, [dy]) => [g.node('DepthToSpace', [dy!], { blocksize: numberAttr(node.attrs, 'blocksize', 1), mode: 'DCR' })],
});
