/** @file Nodes of constants that robenc computes itself, beside what ONNX Runtime makes of them. */
import assert from 'node:assert/strict';
import { evaluate } from '@robenc/shared/graph/constants/evaluate.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { ARRAY_OF, floats, integers, sizeOf, type Attrs, type TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';

type Line = readonly [op: string, inputs: readonly (TensorData | null)[], attrs?: Attrs];

const random = new Random(1, 'constants');
const f = (...shape: number[]): TensorData =>
  floats(
    Array.from({ length: sizeOf(shape) }, () => random.normal()),
    shape,
  );
const bools = (shape: readonly number[], ...data: number[]): TensorData => ({ dtype: 'bool', shape, data: Uint8Array.from(data) });
const positive = (shape: readonly number[]): TensorData =>
  floats(
    Array.from({ length: sizeOf(shape) }, () => random.uniform(0.1, 1.1)),
    shape,
  );
const LOWEST = -(2 ** 63);

const LINES: readonly Line[] = [
  ['Abs', [f(2, 3)]],
  ['Neg', [integers([3, -4])]],
  ['Sqrt', [positive([5])]],
  ['Reciprocal', [f(4)]],
  ['Floor', [f(4)]],
  ['Ceil', [f(4)]],
  ['Not', [bools([2], 0, 1)]],
  ['Cast', [floats([2.7, -2.7, 0])], { to: 'int64' }],
  ['Cast', [floats([2.7, 0, -0.1])], { to: 'bool' }],
  ['Cast', [integers([2, -3])], { to: 'float32' }],
  ['Cast', [f(3)], { to: 'float64' }],
  ['Add', [f(2, 1, 3), f(4, 1)]],
  ['Sub', [f(3), f(2, 3)]],
  ['Mul', [integers([2, 3]), integers([4], [])]],
  ['Div', [f(2, 3), f(2, 1)]],
  ['Div', [integers([7, -7]), integers([2], [])]],
  ['Pow', [positive([3]), floats([2], [])]],
  ['Max', [f(2, 3), f(3)]],
  ['Min', [f(2, 3), f(3)]],
  ['Clip', [f(6), floats([-0.5], []), null]],
  ['Clip', [f(6), floats([-0.5], []), floats([0.25], [])]],
  ['Equal', [integers([1, 2, 3]), integers([1, 0, 3])]],
  ['Greater', [f(2, 3), f(3)]],
  ['GreaterOrEqual', [integers([1, 2]), integers([2, 2])]],
  ['Less', [f(2, 3), f(3)]],
  ['LessOrEqual', [integers([1, 2]), integers([2, 2])]],
  ['And', [bools([2, 1], 0, 1), bools([2], 0, 1)]],
  ['Or', [bools([2, 1], 0, 1), bools([2], 0, 1)]],
  ['Reshape', [f(2, 6), integers([3, -1])]],
  ['Squeeze', [f(1, 3, 1), integers([0])]],
  ['Unsqueeze', [f(3), integers([0, -1])]],
  ['Flatten', [f(2, 3, 2)], { axis: 1 }],
  ['Expand', [f(3, 1), integers([2, 3, 4])]],
  ['Transpose', [f(2, 3, 4)], { perm: [2, 0, 1] }],
  ['Transpose', [f(2, 3)]],
  ['Gather', [f(3, 4), integers([2, -1, 0, 1], [2, 2])], { axis: 1 }],
  ['Gather', [integers([5, 6, 7]), integers([1], [])]],
  ['Slice', [f(5, 4), integers([1, -3]), integers([5, 100]), integers([0, 1]), integers([2, 1])]],
  ['Slice', [f(5, 4), integers([-1]), integers([LOWEST]), integers([0]), integers([-2])]],
  ['Slice', [f(5), integers([100]), integers([-100]), null, integers([-1])]],
  ['Concat', [f(2, 1, 3), f(2, 2, 3)], { axis: -2 }],
  ['Pad', [f(2, 3), integers([1, 0, 0, 2])]],
  ['Pad', [f(2, 3), integers([1, 2]), floats([7], []), integers([-1])]],
  ['ConstantOfShape', [integers([2, 2])]],
  ['ConstantOfShape', [integers([3])], { value: integers([-2]) }],
  ['Tile', [f(2, 3), integers([3, 2])]],
  ['Where', [bools([2, 1], 1, 0), f(3), f(2, 3)]],
  ['OneHot', [integers([2, -1, 9, 0], [2, 2]), integers([3], []), floats([0.5, 2])], { axis: 1 }],
];

describe('constants computed without a runtime', () => {
  for (const [op, inputs, attrs = {}] of LINES)
    it(`${op}(${inputs.map((input) => (input ? `${input.dtype}[${input.shape.join()}]` : '-')).join(', ')}) {${Object.keys(attrs).join()}} is what ONNX Runtime gives`, async () => {
      // Inputs of the graph, so that nothing is computed while it is built.
      const g = newBuilder();
      const known = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Expand', 'Slice', 'Pad', 'ConstantOfShape', 'Tile', 'OneHot']);
      const feeds: Record<string, TensorData> = {};
      const values = inputs.map((input, i) => {
        if (input === null) return null;
        if (known.has(op) && input.dtype === 'int64') return g.constant(input);
        feeds[`x${i}`] = input;
        return g.input(`x${i}`, input.dtype, input.shape);
      });
      const result = g.node(op, values, attrs);
      const computed = evaluate(op, inputs, attrs, result.type);
      assert.ok(computed);
      if (result.data) return assert.deepEqual(computed, { ...result.data, shape: computed.shape });
      g.output('y', result);
      const session = await openSession(toOnnx(g.build()), { threads: 1 });
      const { y } = await session.run(feeds).finally(() => session.close());
      assert.deepEqual(computed.shape, y!.shape);
      assert.equal(computed.dtype, y!.dtype);
      assert.deepEqual([...computed.data], [...y!.data]);
    });

  it('what it cannot compute exactly is left to the runtime', () => {
    const half: TensorData = { dtype: 'float16', shape: [1], data: new ARRAY_OF.float16(1) };
    const huge: TensorData = { dtype: 'int64', shape: [1], data: BigInt64Array.of(2n ** 62n) };
    const whole = { dtype: 'int64', shape: [1] } as const;
    assert.equal(evaluate('Add', [half, half], {}, { dtype: 'float16', shape: [1] }), null);
    assert.equal(evaluate('Add', [huge, huge], {}, whole), null);
    assert.equal(evaluate('Div', [integers([1]), integers([0])], {}, whole), null);
    assert.equal(evaluate('Cast', [floats([Infinity])], { to: 'int64' }, whole), null);
    assert.equal(evaluate('Gather', [integers([1]), integers([3])], {}, whole), null);
    assert.equal(evaluate('Erf', [f(1)], {}, { dtype: 'float32', shape: [1] }), null);
    assert.equal(evaluate('Add', [f(1), f(1)], {}, { dtype: 'float32', shape: ['batch'] }), null);
  });

  it('moved whole numbers keep all their bits', () => {
    const huge: TensorData = { dtype: 'int64', shape: [1], data: BigInt64Array.of(2n ** 62n + 1n) };
    assert.equal(evaluate('Concat', [huge, huge], { axis: 0 }, { dtype: 'int64', shape: [2] })!.data[1], 2n ** 62n + 1n);
  });
});
