/** @file Col2Im. */
import { divide } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import { floats, type Node } from '../graph/value.js';
import { windowAttrs, windowOf, type Window } from './geometry.js';
import { reshapeLike } from './movement.js';

/** y [N, C, sizes…] = the sums of overlapping blocks, which are the columns of x [N, C · block, places];  dx = the blocks of dy, read by a convolution with one-hot filters */
export default defineOp({
  op: 'Col2Im',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const [image, block] = [context.numbers(1), context.numbers(2)];
    const channels = divide(shape[1]!, product(block));
    if (shape.length !== 3 || channels === null) throw new Error(`blocks of [${block.join(',')}] do not fit x`);
    return [{ dtype, shape: [shape[0]!, channels, ...image] }];
  },
  grad: (g, node, [dy]) => {
    const window = windowAt(node);
    const taps = product(window.kernel);
    const onehot = Float32Array.from({ length: taps * taps }, (_, at) => (at % (taps + 1) === 0 ? 1 : 0));
    const filter = g.cast(g.constant(floats(onehot, [taps, 1, ...window.kernel])), dy!.type.dtype);
    const single = g.node('Reshape', [dy!, g.ints([-1, 1, ...dy!.type.shape.slice(2).map(Number)])]);
    return [reshapeLike(g, g.node('Conv', [single, filter], windowAttrs(window)), node.inputs[0]!), null, null];
  },
});

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

function windowAt(node: Node): Window {
  const known = (i: number): number[] => node.inputs[i]!.known!.map(Number);
  return windowOf(node.attrs, known(2), known(1));
}
