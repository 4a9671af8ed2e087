/**
 * @file The gradient of a convolution by its filters as another convolution, in blocks: dw[o, c, i, j] = Σ dy[n, o, h, w] x[n, c, s h + i, s w + j] has the images for
 * channels and dy for filters. Channels of x stand beside each other in its rows, and the filters are dilated by as many: all channels of a tap are one run of places.
 */
import type { Node, Value } from '../value.js';
import type { BlockLayout } from './block-layout.js';

/** Rows of the result are shared out among threads for every so many blocks of filters. */
const FILTER_BLOCKS = 4;
/** So many pieces of work keep several threads busy to the end. */
const PIECES = 12;

/** Of ordinary float32 convolutions by filters of more than one tap, where images and filters divide into blocks. With a single block of channels or filters, products by shifts are faster. */
export function isBlockableWeightGradient({ op, domain, inputs, attrs }: Node, block: number): boolean {
  if (op !== 'ConvWeightGrad' || domain !== 'robenc') return false;
  const [x, dy] = inputs as readonly [Value, Value];
  if (x.type.dtype !== 'float32' || x.type.shape.length !== 4 || ![...x.type.shape, ...dy.type.shape].every((size) => typeof size === 'number')) return false;
  const usual = attrs['group'] === 1 && (attrs['dilations'] as readonly number[]).every((d) => d === 1);
  const taps = (attrs['kernel_shape'] as readonly number[]).reduce((a, b) => a * b, 1);
  const [images, channels, filters] = [x.type.shape[0], x.type.shape[1], dy.type.shape[1]].map(Number) as [number, number, number];
  return usual && taps > 1 && images % block === 0 && filters % block === 0 && Math.min(channels, filters) >= 2 * block;
}

/** dw [O, C, kh, kw] from x [N, C, H, W] and dy [N, O, h, w]. */
export function blockedWeightGradient(layout: BlockLayout, node: Node, [x, dy]: readonly Value[]): Value {
  const { g } = layout;
  const [images, channels] = x!.type.shape.map(Number) as [number, number];
  const [, filters, ...out] = dy!.type.shape.map(Number) as [number, number, number, number];
  const kernel = node.attrs['kernel_shape'] as readonly [number, number];
  const strides = node.attrs['strides'] as readonly [number, number];
  const rows = interleavedRows(channels, layout.size, kernel[0] * Math.ceil(filters / (FILTER_BLOCKS * layout.size)));
  const columns = channels / rows;
  const [image, size] = channelsInRows(layout, node, x!, rows);
  const like = { name: node.outputs[0]!.name, type: { ...dy!.type, shape: [1, filters, kernel[0] * rows, kernel[1] * columns] } };
  const attrs = { kernel_shape: out, dilations: [strides[0] * rows, strides[1] * columns], strides: [1, 1], pads: [0, 0, 0, 0] };
  const seen = layout.into(g.reshape(image, [1, images, size[0] * rows, size[1] * columns]));
  const y = layout.out(layout.convolution([seen, gradientAsFilters(layout, dy!)], attrs, like));
  // Where channels were not taken apart, the runtime has a faster way to move one axis.
  const ordered =
    rows === 1
      ? g.transpose(g.reshape(y, [filters, kernel[0] * kernel[1], channels]), [0, 2, 1])
      : g.transpose(g.reshape(y, [filters, kernel[0], rows, kernel[1], columns]), [0, 2, 4, 1, 3]);
  return g.reshape(ordered, node.outputs[0]!.type.shape);
}

/** How many channels stand above one another: the fewest that make pieces enough of one row each, if a row keeps at least a block of them. */
function interleavedRows(channels: number, block: number, pieces: number): number {
  let rows = 1;
  while (rows * pieces < PIECES && channels % (2 * rows) === 0 && channels >= 2 * rows * block) rows *= 2;
  return rows;
}

/** x with its zeros around it, as [N, H, rows, W, C / rows], and H and W: as much of it as the taps see. */
function channelsInRows({ g }: BlockLayout, { attrs, inputs }: Node, x: Value, rows: number): [Value, readonly [number, number]] {
  const [images, channels, ...sizes] = x.type.shape.map(Number) as [number, number, number, number];
  const list = (name: string) => attrs[name] as readonly number[];
  const out = inputs[1]!.type.shape.slice(2).map(Number);
  const needed = sizes.map((_, i) => (out[i]! - 1) * list('strides')[i]! + list('kernel_shape')[i]!) as [number, number];
  const begin = list('pads').slice(0, 2);
  const end = needed.map((size, i) => size - sizes[i]! - begin[i]!);
  const last = g.transpose(x, [0, 2, 3, 1]);
  const padded = [...begin, ...end].every((p) => p === 0) ? last : g.node('Pad', [last, g.ints([0, ...begin, 0, 0, ...end, 0])], { mode: 'constant' });
  if (rows === 1) return [padded, needed];
  return [g.transpose(g.reshape(padded, [images, needed[0], needed[1], rows, channels / rows]), [0, 1, 3, 2, 4]), needed];
}

/** dy [N, O, h, w] as filters [O, N, h, w] in blocks. The convolution that gives x its gradient reads dy in blocks as well: from there whole blocks move. */
function gradientAsFilters(layout: BlockLayout, dy: Value): Value {
  const { g, size } = layout;
  const [images, filters, height, width] = dy.type.shape.map(Number) as [number, number, number, number];
  const blocks = g.reshape(layout.into(dy), [images / size, size, filters / size, height * width, size]);
  return g.reshape(g.transpose(blocks, [2, 0, 3, 1, 4]), [filters, images, height, width]);
}
