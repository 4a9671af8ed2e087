/** @file What stops a gradient is named, and what is taken straight through passes it on. */
import assert from 'node:assert/strict';
import { blockedNodes, pathBetween, throughCasts } from '@robenc/shared/autodiff/path.js';
import { gradient } from '@robenc/shared/autodiff/vjp.js';
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, numbersOf, type Value } from '@robenc/shared/graph/value.js';
import { newBuilder, operators } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';

type Build = (g: GraphBuilder, x: Value) => Value;

function blocks(build: Build): string[] {
  const g = newBuilder();
  const x = g.input('x', 'float32', ['batch', 4]);
  const y = build(g, x);
  return [...blockedNodes(operators, pathBetween(operators, g.nodes, [x], [y], throughCasts({}))).values()].map(({ op, node }) => `${op} ${node}`);
}

async function slope(build: Build, straightThrough: readonly string[] = []): Promise<number[]> {
  const g = newBuilder();
  const x = g.input('x', 'float32', [1, 4]);
  const y = build(g, x);
  const [dx] = gradient(g, [{ value: y, cotangent: g.constant(floats([1, 2, 3, 4], [1, 4])) }], [x], { straightThrough: new Set(straightThrough) });
  g.output('dx', dx!);
  const session = await openSession(toOnnx(g.build()), { device: 'cpu', threads: 1 });
  try {
    return numbersOf((await session.run({ x: floats([0.2, 0.6, 1.4, -3], [1, 4]) }))['dx']!);
  } finally {
    await session.close();
  }
}

const rounded: Build = (g, x) => g.node('Round', [x], {}, { name: 'round' });
const throughIntegers: Build = (g, x) => g.cast(g.node('Cast', [x], { to: 'int32' }, { name: 'quantise' }), 'float32');

describe('the path of a gradient', () => {
  it('names a node without a derivative on it', () => assert.deepEqual(blocks(rounded), ['Round round']));

  it('names a cast to whole numbers that the result depends on, also where another path passes', () => {
    assert.deepEqual(blocks(throughIntegers), ['Cast quantise']);
    assert.deepEqual(
      blocks((g, x) => g.mul(x, throughIntegers(g, x))),
      ['Cast quantise'],
    );
  });

  it('lets masks and sizes be', () => {
    assert.deepEqual(
      blocks((g, x) => g.mul(x, g.cast(g.node('Greater', [x, g.scalar(0)]), 'float32'))),
      [],
    );
    assert.deepEqual(
      blocks((g, x) => g.mul(x, g.cast(g.node('Size', [x]), 'float32'))),
      [],
    );
    assert.deepEqual(
      blocks((g, x) => g.node('Where', [g.node('Cast', [x], { to: 'bool' }), x, g.scalar(0)])),
      [],
    );
  });

  it('names nothing beside it', () =>
    assert.deepEqual(
      blocks((g, x) => {
        g.output('rounded', rounded(g, x));
        return g.mul(x, x);
      }),
      [],
    ));

  it('says how to pass', () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', [1, 4]);
    const y = rounded(g, throughIntegers(g, x));
    assert.throws(() => gradient(g, [{ value: y, cotangent: y }], [x]), /Cast "quantise" .*Round "round" .*--straight-through Cast,Round/);
  });

  it('names together what has no rule and what a rule refuses, in front of each other too', () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', [1, 1, 'height', 4]);
    const larger = (value: Value, name: string): Value => g.node('Resize', [value, null, g.constant(floats([1, 1, 2, 1]))], { mode: 'linear' }, { name });
    const y = larger(rounded(g, larger(x, 'first')), 'second');
    assert.throws(() => gradient(g, [{ value: y, cotangent: y }], [x]), /Resize "first" .*Round "round" .*Resize "second" .*fixed sizes/);
  });
});

describe('straight-through', () => {
  it('takes the operators named for copies of their input', async () => {
    assert.deepEqual(await slope(rounded, ['Round']), [1, 2, 3, 4]);
    assert.deepEqual(await slope((g, x) => g.node('Clip', [x, g.scalar(0), g.scalar(1)])), [1, 2, 0, 0]);
    assert.deepEqual(await slope((g, x) => g.node('Clip', [x, g.scalar(0), g.scalar(1)]), ['Clip']), [1, 2, 3, 4]);
  });

  it('goes through whole numbers and back', async () => {
    assert.deepEqual(await slope(throughIntegers, ['Cast']), [1, 2, 3, 4]);
    const moved: Build = (g, x) => g.cast(g.node('Reshape', [g.node('Cast', [x], { to: 'int32' }), g.ints([1, 4])]), 'float32');
    assert.deepEqual(await slope(moved, ['Cast']), [1, 2, 3, 4]);
  });

  it('refuses an operator that changes the rank', async () => {
    await assert.rejects(
      slope((g, x) => g.reshape(g.sum(x, [1]), [1]), ['ReduceSum']),
      /ReduceSum ".*" changes float32\[1,4\] to float32\[1\]: it cannot be taken for a copy/,
    );
  });
});
