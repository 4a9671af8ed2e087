/** @file Element-by-element kernels: arithmetic, functions, comparisons, logic, choice, conversion. */
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import type { DType, Value } from '@robenc/shared/graph/value.js';
import type { Kernel, KernelCall } from '../kernel.js';
import { activated } from './activation.js';

type Unary = (g: GraphBuilder, x: Value, call: KernelCall) => Value;
type Binary = (g: GraphBuilder, a: Value, b: Value) => Value;

/** A function of `x`. */
function unary(name: string, emit: Unary): Kernel {
  return { name, emit: (call) => call.elementwise([call.input('x')], (x) => emit(call.g, x, call)) };
}

/** A function of `a` and `b`, which broadcast. */
function binary(name: string, emit: Binary): Kernel {
  return { name, emit: (call) => call.elementwise([call.input('a'), call.input('b')], (a, b) => emit(call.g, a, b)) };
}

/** Kernels that ONNX has under the same or another name. */
const same = (name: string, op = name): Kernel => unary(name, (g, x) => g.node(op, [x]));
const pair = (name: string, op = name): Kernel => binary(name, (g, a, b) => g.node(op, [a, b]));

const isInteger = (x: Value): boolean => x.type.dtype === 'int32';
const floorMod: Binary = (g, a, b) => (isInteger(a) ? g.node('Mod', [a, b]) : g.sub(a, g.mul(b, g.node('Floor', [g.div(a, b)]))));
const toNumber = (g: GraphBuilder, condition: Value, dtype: DType): Value => g.cast(condition, dtype);

/** x² as a product: faster, and its gradient has no Pow. */
const power: Binary = (g, a, b) => (b.data?.data.length === 1 && Number(b.data.data[0]) === 2 ? g.mul(a, a) : g.node('Pow', [a, b]));

/** eˣ - 1 = 2 t / (1 - t) with t = tanh(x / 2), which keeps its digits near 0; beyond 1 the difference has them. */
function expm1(g: GraphBuilder, x: Value): Value {
  const one = g.scalarLike(1, x);
  const t = g.node('Tanh', [g.mul(x, g.scalarLike(0.5, x))]);
  const near = g.div(g.mul(t, g.scalarLike(2, x)), g.sub(one, t));
  return g.node('Where', [g.node('Less', [g.node('Abs', [x]), one]), near, g.sub(g.node('Exp', [x]), one)]);
}

/** log(1 + x) = x log(u) / (u - 1) with u = 1 + x as it is rounded, x itself where u is 1 (Goldberg 1991, theorem 4). */
function log1p(g: GraphBuilder, x: Value): Value {
  const one = g.scalarLike(1, x);
  const u = g.add(x, one);
  const tiny = g.node('Equal', [u, one]);
  const ratio = g.div(g.mul(x, g.node('Log', [u])), g.node('Where', [tiny, one, g.sub(u, one)]));
  return g.node('Where', [tiny, x, g.node('Where', [g.node('Less', [u, g.scalarLike(1e30, x)]), ratio, g.node('Log', [u])])]);
}

export const elementwise: readonly Kernel[] = [
  ...['Neg', 'Sqrt', 'Exp', 'Log', 'Abs', 'Relu', 'Sigmoid', 'Tanh', 'Erf', 'Softplus', 'Elu', 'Selu', 'Sign', 'Floor', 'Ceil', 'Round', 'Reciprocal'].map(
    (name) => same(name),
  ),
  ...['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh'].map((name) => same(name)),
  same('Identity'),
  same('LogicalNot', 'Not'),
  unary('Square', (g, x) => g.mul(x, x)),
  unary('Rsqrt', (g, x) => g.node('Reciprocal', [g.node('Sqrt', [x])])),
  unary('Expm1', expm1),
  unary('Log1p', log1p),
  unary('Relu6', (g, x) => activated(g, x, { name: 'relu6' })),
  unary('LeakyRelu', (g, x, call) => activated(g, x, { name: 'leakyrelu', alpha: call.number('alpha') })),
  unary('ClipByValue', (g, x, call) => g.node('Clip', [x, g.scalarLike(call.number('clipValueMin'), x), g.scalarLike(call.number('clipValueMax'), x)])),
  unary('Step', (g, x, call) => {
    const positive = g.node('Greater', [x, g.scalarLike(0, x)]);
    const alpha = call.number('alpha', 0);
    return alpha === 0 ? toNumber(g, positive, x.type.dtype) : g.node('Where', [positive, g.scalarLike(1, x), g.scalarLike(alpha, x)]);
  }),
  unary('Cast', (g, x, call) => g.cast(x, call.text('dtype') as DType)),
  pair('Add'),
  pair('Sub'),
  pair('Multiply', 'Mul'),
  pair('RealDiv', 'Div'),
  pair('Maximum', 'Max'),
  pair('Minimum', 'Min'),
  binary('Pow', power),
  binary('SquaredDifference', (g, a, b) => g.mul(g.sub(a, b), g.sub(a, b))),
  binary('Mod', floorMod),
  // tfjs answers int32 for floats too.
  binary('FloorDiv', (g, a, b) => (isInteger(a) ? g.div(g.sub(a, floorMod(g, a, b)), b) : g.cast(g.node('Floor', [g.div(a, b)]), 'int32'))),
  pair('Greater'),
  pair('GreaterEqual', 'GreaterOrEqual'),
  pair('Less'),
  pair('LessEqual', 'LessOrEqual'),
  pair('Equal'),
  binary('NotEqual', (g, a, b) => g.node('Not', [g.node('Equal', [a, b])])),
  pair('LogicalAnd', 'And'),
  pair('LogicalOr', 'Or'),
  { name: 'AddN', emit: (call) => call.elementwise(call.list(), (...values) => values.reduce((sum, value) => call.g.add(sum, value))) },
  {
    name: 'Select',
    emit: (call) => call.elementwise([call.input('condition'), call.input('t'), call.input('e')], (...values) => call.g.node('Where', values)),
  },
  {
    name: 'Prelu',
    emit: (call) => call.elementwise([call.input('x'), call.input('alpha')], (x, alpha) => activated(call.g, x, { name: 'prelu', weights: alpha })),
  },
  {
    // dx = dy where y >= 0, dy (y + 1) elsewhere
    name: 'EluGrad',
    emit: (call) =>
      call.elementwise([call.input('dy'), call.input('y')], (dy, y) => {
        const { g } = call;
        return g.node('Where', [g.node('GreaterOrEqual', [y, g.scalarLike(0, y)]), dy, g.mul(dy, g.add(y, g.scalarLike(1, y)))]);
      }),
  },
];
