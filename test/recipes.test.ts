/** @file The complete examples in README.md are what they say: the attack runs and keeps its promises, the operator is one. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Attack } from '@robenc/shared/attacks/attack.js';
import type { NormName } from '@robenc/shared/attacks/norms.js';
import type { OpDef } from '@robenc/shared/graph/operator.js';
import { linearOracle, randomImages } from './shared/attacks/linear-oracle.js';

const root = new URL('..', import.meta.url).pathname;
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('the recipes in README.md', () => {
  let scratch: string;
  before(() => void (scratch = mkdtempSync(join(tmpdir(), 'robenc-recipes-'))));
  after(() => rmSync(scratch, { recursive: true }));

  /** The code that README shows for `file`, imported as if it stood there. */
  async function shown<T>(file: string): Promise<T> {
    const code = readme.split(`\`${file}\``).at(-1)!.split('```ts\n')[1]!.split('```')[0]!;
    const there = code
      .replace(/from '(\.[^']+)'/g, (_, path: string) => `from '${pathToFileURL(join(root, dirname(file), path)).href}'`)
      .replace(/from '(@?[a-z][^':]*)'/g, (_, name: string) => `from '${import.meta.resolve(name)}'`);
    const path = join(scratch, file.replaceAll('/', '-').replace(/\.ts$/, '.mts'));
    writeFileSync(path, there);
    return (await import(pathToFileURL(path).href)) as T;
  }

  it('the attack raises the loss within the ball of every norm, and says what it costs', async () => {
    const { bim } = await shown<{ bim: Attack }>('shared/attacks/bim.ts');
    const oracle = linearOracle(48, 5, 20, 0.3);
    const { x, labels } = await randomImages(oracle, [3, 4, 4], 6, 20);
    for (const [norm, epsilon] of Object.entries({ linf: 0.01, l2: 0.1, l1: 0.5 }) as [NormName, number][]) {
      for (const outcome of await bim.run({ oracle, x, labels, options: { epsilon, norm }, seed: 1 })) {
        assert.ok(outcome[norm] <= epsilon + 1e-6 && outcome.lossAfter > outcome.lossBefore, `${norm}: ${outcome.lossBefore} -> ${outcome.lossAfter}`);
      }
      assert.deepEqual(bim.cost(bim.complete({ epsilon, norm }), 5), { gradients: 10, forwards: 1 });
    }
  });

  it('the operator defines a shape rule and a gradient of its first input only', async () => {
    const { default: reverse } = await shown<{ default: OpDef }>('shared/ops/ReverseSequence.ts');
    const type = { dtype: 'float32', shape: [4, 2, 3] } as const;
    assert.deepEqual([reverse.op, reverse.infer({ type: () => type } as never)], ['ReverseSequence', [type]]);
    const g = { node: (...parts: unknown[]) => parts };
    const node = { inputs: ['x', 'lengths'], attrs: { batch_axis: 1 } };
    assert.deepEqual(reverse.grad!(g as never, node as never, ['dy'] as never, [true, false] as never), [
      ['ReverseSequence', ['dy', 'lengths'], { batch_axis: 1 }],
      null,
    ]);
  });
});
