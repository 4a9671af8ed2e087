/** @file A derivative of 0 is never silent: planted steps, estimates and chance are named, and the masks and indices of ordinary models are not. */
import assert from 'node:assert/strict';
import { differentiate } from '@robenc/shared/autodiff/differentiate.js';
import { gradientPaths } from '@robenc/shared/autodiff/gradient-paths.js';
import { remarksBetween } from '@robenc/shared/autodiff/remarks.js';
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import { floats, type Value } from '@robenc/shared/graph/value.js';
import { newBuilder, operators } from '@robenc/shared/ops/index.js';

type Build = (g: GraphBuilder, x: Value) => Value;

function remarks(build: Build): string[] {
  const g = newBuilder();
  const x = g.input('x', 'float32', [2, 4]);
  const y = build(g, x);
  return remarksBetween(operators, g.nodes, [x], [y]).map(({ op, node }) => `${op} ${node}`);
}

const positive = (g: GraphBuilder, x: Value): Value => g.node('Greater', [x, g.scalar(0)], {}, { name: 'positive' });
const mask = (g: GraphBuilder, x: Value): Value => g.cast(positive(g, x), 'float32');
const largest = (g: GraphBuilder, x: Value): Value => g.node('ArgMax', [x], { axis: 1, keepdims: 1 }, { name: 'largest' });
const places = (g: GraphBuilder, x: Value): readonly Value[] => g.nodeOutputs('TopK', [x, g.ints([2])], { axis: 1 }, { name: 'top', outputs: 2 });
const table = (g: GraphBuilder): Value => g.constant(floats([1, 2, 3, 4], [4]));
/** y [2, 2] = an image x [1, 1, 2, 4] of one row each at a grid. */
const sampled = (g: GraphBuilder, image: Value, grid: Value, mode: string): Value =>
  g.reshape(
    g.node('GridSample', [g.reshape(image, [1, 1, 2, 4]), g.reshape(grid, [1, 1, 4, 2])], { mode, padding_mode: 'border' }, { name: 'sample' }),
    [2, 2],
  );

describe('steps', () => {
  const named: Readonly<Record<string, readonly [Build, readonly string[]]>> = {
    'ArgMax as a value beside another path': [(g, x) => g.add(x, g.cast(largest(g, x), 'float32')), ['ArgMax largest']],
    'ArgMax as a factor': [(g, x) => g.mul(x, g.cast(largest(g, x), 'float32')), ['ArgMax largest']],
    'ArgMin by which a table is read (vector quantisation)': [(g, x) => g.add(x, g.node('Gather', [table(g), largest(g, x)])), ['ArgMax largest']],
    'a one-hot choice that is multiplied (hard attention)': [
      (g, x) => {
        const index = g.node('Squeeze', [largest(g, x), g.ints([1])]);
        const chosen = g.node('OneHot', [index, g.scalar(4, 'int64'), g.constant(floats([0, 1]))]);
        return g.node('MatMul', [chosen, g.transpose(x, [1, 0])]);
      },
      ['ArgMax largest'],
    ],
    'a comparison that is added': [(g, x) => g.add(x, mask(g, x)), ['Greater positive']],
    'a comparison that chooses between constants': [
      (g, x) => g.add(x, g.node('Where', [positive(g, x), g.scalar(1), g.scalar(-1)], {}, { name: 'sign' })),
      ['Greater positive'],
    ],
    'a step that is joined': [(g, x) => g.node('Concat', [x, mask(g, x)], { axis: 1 }), ['Greater positive']],
    'a step that is divided by': [(g, x) => g.div(x, g.add(g.sum(mask(g, x), [1], true), g.scalar(1))), ['Greater positive']],
    'a mask of steps that is a branch': [(g, x) => g.node('Where', [positive(g, x), x, g.neg(mask(g, x))]), ['Greater positive']],
    'places of TopK as values': [(g, x) => g.add(places(g, x)[0]!, g.cast(places(g, x)[1]!, 'float32')), ['TopK top']],
    'the output itself is a step': [(g, x) => g.add(mask(g, x), g.scalar(1)), ['Greater positive']],
    'several steps, in the order of the graph': [
      (g, x) => g.add(g.add(x, g.cast(largest(g, x), 'float32')), mask(g, x)),
      ['ArgMax largest', 'Greater positive'],
    ],
    'the grid of GridSample in mode nearest': [(g, x) => sampled(g, x, x, 'nearest'), ['GridSample sample']],
    'the grid of GridSample in mode nearest, of a constant image': [
      (g, x) => g.add(g.node('Slice', [x, g.ints([0]), g.ints([2]), g.ints([1])]), sampled(g, g.constant(floats(new Float32Array(8), [2, 4])), x, 'nearest')),
      ['GridSample sample'],
    ],
    'the regions of MaxRoiPool': [
      (g, x) => {
        const image = g.reshape(x, [1, 1, 2, 4]);
        const regions = g.node('Pad', [g.node('Slice', [x, g.ints([0]), g.ints([4]), g.ints([1])]), g.ints([0, 1, 0, 0])]);
        return g.reshape(g.node('MaxRoiPool', [image, regions], { pooled_shape: [1, 1] }, { name: 'pool' }), [2, 1]);
      },
      ['MaxRoiPool pool'],
    ],
  };
  for (const [title, [build, expected]] of Object.entries(named)) it(`${title}: named`, () => assert.deepEqual(remarks(build), expected));
});

describe('what ordinary models have', () => {
  const silent: Readonly<Record<string, Build>> = {
    'the mask of a ReLU': (g, x) => g.mul(x, mask(g, x)),
    'masks that meet in logic, turned round': (g, x) => {
      const inside = g.node('And', [positive(g, x), g.node('Less', [x, g.scalar(6)])]);
      return g.mul(g.sub(g.scalar(1), g.cast(inside, 'float32')), x);
    },
    'Where between what has a gradient and a constant': (g, x) => g.node('Where', [positive(g, x), x, g.scalar(0)]),
    'NaN of a softmax replaced, as in safe attention': (g, x) => {
      const weights = g.node('Softmax', [x], { axis: 1 });
      return g.node('Where', [g.node('IsNaN', [weights]), g.scalar(0), weights]);
    },
    'the places of TopK by which values are read': (g, x) => g.node('GatherElements', [x, places(g, x)[1]!], { axis: 1 }),
    'a maximum pooled and unpooled': (g, x) => {
      const [y, at] = g.nodeOutputs('MaxPool', [g.reshape(x, [2, 1, 4])], { kernel_shape: [2], strides: [2] }, { outputs: 2 });
      return g.reshape(g.node('MaxUnpool', [y!, at!], { kernel_shape: [2], strides: [2] }), [2, 4]);
    },
    'sizes as numbers': (g, x) => g.div(x, g.cast(g.node('Size', [x]), 'float32')),
    'what only takes a shape': (g, x) => g.add(x, g.node('EyeLike', [x])),
    'the grid of GridSample in mode linear': (g, x) => sampled(g, x, x, 'linear'),
    'a step beside the path': (g, x) => {
      g.output('flag', mask(g, x));
      return g.mul(x, x);
    },
  };
  for (const [title, build] of Object.entries(silent)) it(`${title}: not named`, () => assert.deepEqual(remarks(build), []));
});

describe('estimates and chance', () => {
  const quantised: Build = (g, x) => {
    const [scale, zero] = [g.scalar(0.1), g.scalar(0, 'int8')];
    return g.node('DequantizeLinear', [g.node('QuantizeLinear', [x, scale, zero], {}, { name: 'q' }), scale, zero]);
  };

  it('quantisers are named as estimates', () => assert.deepEqual(remarks(quantised), ['QuantizeLinear q']));

  it('random numbers are named, whatever they are made from', () => {
    assert.deepEqual(
      remarks((g, x) => g.add(x, g.node('RandomNormalLike', [x], {}, { name: 'noise' }))),
      ['RandomNormalLike noise'],
    );
    assert.deepEqual(
      remarks((g, x) => g.add(x, g.node('RandomUniform', [], { shape: [2, 4] }, { name: 'noise' }))),
      ['RandomUniform noise'],
    );
  });

  it('a gradient by what only gives a shape to random numbers is none', () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', [2, 4]);
    g.output('y', g.node('RandomNormalLike', [x]));
    assert.equal(gradientPaths(g.build())[0]!.gradient, 'none');
  });

  it('differentiate warns of each by name, and inspect tells the same', () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', ['batch', 4]);
    g.output('y', g.add(quantised(g, x), g.cast(largest(g, x), 'float32')));
    const model = g.build();
    const { warnings } = differentiate(model, { wrt: 'x', loss: 'l2-to-target' });
    assert.match(warnings.join('\n'), /ArgMax "largest" \(its result enters .* 0 .*\); QuantizeLinear "q" \(.* estimate, straight through its rounding\)\.$/);
    const [path] = gradientPaths(model);
    assert.equal(path!.gradient, 'yes');
    assert.deepEqual(
      path!.remarks.map(({ node }) => node),
      ['largest', 'q'],
    );
  });

  it('where steps are all that there is, the refusal names them', () => {
    const g = newBuilder();
    g.output('y', g.add(mask(g, g.input('x', 'float32', ['batch', 4])), g.scalar(1)));
    assert.throws(() => differentiate(g.build(), { wrt: 'x', loss: 'l2-to-target' }), /no gradient\. Between them: Greater "positive" \(/);
  });

  it('a model of many inputs and outputs is told of in pairs as long as they are few', () => {
    const many = (count: number): number => {
      const g = newBuilder();
      const inputs = Array.from({ length: count }, (_, i) => g.input(`x${i}`, 'float32', [2]));
      for (const [i, x] of inputs.entries()) g.output(`y${i}`, g.neg(x));
      return gradientPaths(g.build()).length;
    };
    assert.deepEqual([many(8), many(9), many(65)], [64, 9, 1]);
  });
});
