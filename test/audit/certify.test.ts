/** @file `robenc audit --preset certify` on a linear classifier of two classes, whose robust radius is known for every image. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { imageAt } from '@robenc/shared/data/image-set.js';
import { binomialUpperTail } from '@robenc/shared/math/binomial.js';
import { normalQuantile } from '@robenc/shared/math/normal.js';
import { floats } from '@robenc/shared/graph/value.js';
import audit from '@robenc/audit/commands/audit.js';
import { readCsv } from '@robenc/audit/report/csv.js';
import { memoryContext } from '../context.js';
import { colourModel, SIDE, writeColourFolder } from './colour-world.js';

const SIGMA = 0.25;
/** Length of the difference of the weights of two classes, each of which is the mean of a channel. */
const WEIGHTS = Math.sqrt(2 / (SIDE * SIDE));

describe('audits that certify', () => {
  let root: string;
  let data: string;
  let model: string;
  /** Per image in the order of the data: the distance to the boundary, below 0 where it is on the wrong side. */
  let distances: number[];

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-certify-'));
    ({ folder: data } = await writeColourFolder());
    rmSync(join(data, 'red'), { recursive: true });
    model = join(root, 'model.onnx');
    writeFileSync(model, colourModel({ finish: (g, logits) => g.node('MatMul', [logits, g.constant(floats([1, 0, 0, 1, 0, 0], [3, 2]))]) }));
    const set = await openImageSet({ path: data, split: 'test', seed: 0 });
    distances = Array.from({ length: set.count }, (_, i) => {
      const { data: pixels } = imageAt(set, i);
      const mean = (channel: number) => pixels.reduce((sum, value, j) => sum + (j % 3 === channel ? value : 0), 0) / (255 * SIDE * SIDE);
      const [own, other] = set.labels![i] === 0 ? [2, 1] : [1, 2];
      return (mean(own) - mean(other)) / WEIGHTS;
    });
  });

  after(() => {
    rmSync(root, { recursive: true });
    rmSync(data, { recursive: true });
  });

  async function run(flags: Readonly<Record<string, unknown>> = {}) {
    const context = memoryContext({ cwd: root });
    const options = readOptions(audit, { data, preset: 'certify', sigma: String(SIGMA), workers: '1', device: 'cpu', ...flags });
    const code = await audit.run({ model, ...options }, context);
    return { code, context, report: check(AuditReport, context.results[0], 'audit.json') };
  }

  const rowsOf = (out: string) => readCsv(readFileSync(join(root, out, 'samples.csv'), 'utf8'));

  it('certifies no radius beyond the true one, and one close to it', async () => {
    const { code, report } = await run({ draws: '2000', eps: ['0.2,0.4'], out: join(root, 'a') });
    assert.equal(code, 0);
    const rows = rowsOf('a').filter(({ epsilon }) => epsilon === '0.2');
    assert.equal(rows.length, distances.length);
    const draws = 2000;
    let [compared, abstained] = [0, 0];
    rows.forEach((row, i) => {
      const distance = distances[i]!;
      if (row['certified_radius'] === '') {
        abstained += 1;
        assert.ok(Math.abs(distance) < 0.1 * SIGMA * 2, `${i} abstains at ${distance}`);
        return;
      }
      const radius = Number(row['certified_radius']);
      assert.equal(row['smoothed_prediction'] === row['label'], distance > 0);
      assert.ok(radius <= Math.abs(distance) * (1 + 1e-6), `${i}: ${radius} of ${distance}`);
      // How often the class is hit under noise follows from the distance; the radius from how often it was.
      const hits = Number(row['smoothed_hits']);
      const expected = Math.abs(distance) / SIGMA;
      const [low, high] = [normalQuantile((hits - 80) / draws), hits + 80 >= draws ? Infinity : normalQuantile((hits + 80) / draws)];
      assert.ok(expected > low && expected < high, `${i}: ${hits} hits at ${expected} deviations`);
      compared += 1;
    });
    assert.ok(compared > 15, `${compared} compared, ${abstained} abstain`);
    assert.equal(report.certificate!.abstained, abstained);
    assert.equal(report.certificate!.baseCorrect, distances.filter((distance) => distance > 0).length);
    for (const { epsilon, robustCorrect, norm, attack } of report.results) {
      assert.deepEqual([norm, attack], ['l2', 'certify']);
      assert.equal(robustCorrect, rows.filter((row) => row['smoothed_prediction'] === row['label'] && Number(row['certified_radius']) >= epsilon).length);
      assert.ok(robustCorrect <= distances.filter((distance) => distance >= epsilon).length);
      const { certified, certain } = report.certificate!.curve.find(({ radius }) => radius === epsilon)!;
      assert.equal(certified, robustCorrect);
      // Of 24 certificates that are each wrong with probability 0.001 two or more are with 2.7e-4, one or more with 0.024.
      assert.equal(certain, Math.max(0, certified - 1));
    }
    assert.ok(report.results[0]!.robustCorrect > report.results[1]!.robustCorrect && report.results[1]!.robustCorrect > 0);
    assert.deepEqual(report.flags, []);
  });

  it('is the same for every batch, and goes on where it was ended, at other radii too', async () => {
    const flags = { draws: '200', eps: ['0.1'] };
    await run({ ...flags, out: join(root, 'b'), batchSize: '1' });
    await run({ ...flags, out: join(root, 'c'), batchSize: '24', workers: '2' });
    const lasting = (out: string) => rowsOf(out).map(({ seconds, ...rest }) => (assert.ok(Number(seconds) >= 0), rest));
    assert.deepEqual(lasting('c'), lasting('b'));
    const { context, report } = await run({ ...flags, eps: ['0.2'], out: join(root, 'b'), batchSize: undefined, resume: true });
    assert.ok(
      context.notes.some((note) => note === 'Going on from 48 finished items of 48.'),
      context.notes.join('\n'),
    );
    assert.equal(report.results[0]!.epsilon, 0.2);
  });

  it('tells of the smoothed classifier and of lower bounds, and of radii that the draws cannot reach', async () => {
    const { report, context } = await run({ draws: '100', out: join(root, 'd') });
    assert.deepEqual(
      report.results.map(({ epsilon }) => epsilon),
      [0.25, 0.5, 0.75, 1],
    );
    assert.deepEqual(
      report.flags.map(({ code }) => code),
      ['radius-out-of-reach'],
    );
    assert.match(report.flags[0]!.message, /at 0\.5, 0\.75, 1: 100 draws with noise of 0\.25 reach 0\.375 at most/);
    assert.match(report.threatModel.text, /smoothed classifier/);
    const html = readFileSync(join(root, 'd', 'report.html'), 'utf8');
    assert.ok(html.includes('Certified accuracy by radius') && html.includes('lower bound') && !html.includes('upper bound'));
    assert.ok(context.lines.some((line) => line.startsWith('l2 0.25 ')) && !context.lines.some((line) => line.includes('/255')), context.lines.join('\n'));
    assert.ok(context.lines.some((line) => /it abstains on \d+\. The farthest radius that can be certified is 0\.375\./.test(line)));
  });

  it('needs no gradients', async () => {
    const rounded = join(root, 'rounded.onnx');
    writeFileSync(
      rounded,
      colourModel({ finish: (g, logits) => g.node('Round', [g.mul(g.node('MatMul', [logits, g.constant(floats([1, 0, 0, 1, 0, 0], [3, 2]))]), g.scalar(9))]) }),
    );
    const context = memoryContext({ cwd: root });
    const code = await audit.run({ model: rounded, ...readOptions(audit, { data, preset: 'certify', draws: '50', workers: '1', device: 'cpu' }) }, context);
    assert.equal(code, 0);
  });

  it('refuses draws that are too few, another norm, and constants of attacks', async () => {
    await assert.rejects(run({ draws: '9' }), /--draws 9: .*Draw 10 or more/);
    await assert.rejects(run({ norm: 'linf' }), /--norm linf: the certificates of --preset certify hold in l2/);
    await assert.rejects(run({ steps: '5' }), /No attack of the preset certify has an option steps/);
    await assert.rejects(run({ preset: 'quick', eps: ['0.1'] }), /--sigma is of --preset certify/);
    await assert.rejects(run({ sigma: '0' }), /--sigma 0: the deviation of the noise is above 0/);
    assert.ok(binomialUpperTail(2, 24, 0.001) < 0.001 && binomialUpperTail(1, 24, 0.001) > 0.001);
  });
});
