/** @file A run that starts from an ONNX file, by the command line: trained, resumed, evaluated and packaged. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROBENC = join(import.meta.dirname, '../../../cli/robenc.mjs');
const SMALL_RESNET = join(import.meta.dirname, '../../fixtures/onnx-gradients/small_resnet/model.onnx');
const DATA = ['--dataset', 'shapes', '--limit', '60', '--batch-size', '20', '--threads', '1', '--device', 'cpu'];

describe('a run that starts from an ONNX file', function () {
  this.timeout(180_000);
  let folder: string;
  let model: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'robenc-fine-tune-'));
    copyFileSync(SMALL_RESNET, (model = join(folder, 'model.onnx')));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function robenc(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, [ROBENC, ...args], { cwd: folder })) };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  }

  it('fine-tunes a classifier, goes on after a stop, writes the file with its new weights, and knows the file that it began with', async () => {
    const flags = ['--init', 'model.onnx', '--loss', 'cross-entropy', '--views', '1', '--adversary', 'pgd', ...DATA];
    const whole = await robenc('train', ...flags, '--max-steps', '4', '--epochs', '2', '--out', 'whole', '--json');
    assert.equal(whole.code, 0, whole.stderr);
    const run = JSON.parse(readFileSync(join(folder, 'whole/run.json'), 'utf8')) as { encoder: Record<string, unknown> };
    assert.deepEqual([run.encoder['name'], run.encoder['path']], ['onnx', 'model.onnx']);
    assert.match(String(run.encoder['sha256']), /^[0-9a-f]{64}$/);
    assert.notDeepEqual(readFileSync(join(folder, 'whole/model.onnx')), readFileSync(model));
    assert.equal(readFileSync(join(folder, 'whole/model.onnx')).length > 19_850 * 4, true);

    const scores = await robenc('evaluate', 'whole', '--limit', '30', '--eps', '2/255', '--steps', '2', '--json');
    assert.equal(scores.code, 0, scores.stderr);
    assert.deepEqual(
      (JSON.parse(scores.stdout) as { results: { threatModel: string }[] }).results.map(({ threatModel }) => threatModel),
      ['image'],
    );
    const refused = await robenc('export', 'whole');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /robenc models import .*model\.onnx/);

    writeFileSync(model, readFileSync(join(folder, 'whole/model.onnx')));
    const other = await robenc('train', 'whole/run.json', '--resume');
    assert.notEqual(other.code, 0);
    assert.match(other.stderr, /not the file that the run began with/);
    copyFileSync(SMALL_RESNET, model);
  });

  it('fine-tunes an encoder without labels; heads are fitted on it, and its package agrees with the file in ONNX Runtime', async () => {
    const trained = await robenc(
      'train',
      '--init',
      'model.onnx',
      '--views',
      '2',
      ...DATA,
      '--max-steps',
      '2',
      '--out',
      'runs/encoder',
      '--name',
      'tuned',
      '--json',
    );
    assert.equal(trained.code, 0, trained.stderr);
    const fitted = await robenc('fit-head', 'runs/encoder', '--limit', '60', '--crops', '2');
    assert.equal(fitted.code, 0, fitted.stderr);
    const exported = await robenc('export', 'runs/encoder', '--json');
    assert.equal(exported.code, 0, exported.stderr);
    const { parity } = JSON.parse(exported.stdout) as { parity: { graph: string; against: string; maxRelativeError: number }[] };
    assert.deepEqual(
      parity.map(({ graph, against }) => [graph, against]),
      [['encoder', 'the ONNX file with the trained weights']],
    );
    assert.ok(parity[0]!.maxRelativeError < 1e-5, `${parity[0]!.maxRelativeError}`);
    assert.ok(existsSync(join(folder, 'models/tuned/1/embedding-gradient.onnx')), 'no gradient graph');
  });

  it('says what is wrong with another engine, a size that does not fit, and a file that is not there', async () => {
    const tried = async (...flags: string[]) => {
      const { code, stderr } = await robenc('train', '--init', 'model.onnx', ...DATA, '--max-steps', '1', '--out', 'refused', ...flags);
      assert.equal(existsSync(join(folder, 'refused', 'checkpoints')), false);
      return { code, stderr };
    };
    assert.match((await tried('--engine', 'tfjs')).stderr, /runs on the engine onnx only/);
    assert.match((await tried('--set', 'data.size=16')).stderr, /takes images of 32 x 32, but views are 16 x 16\. Set data\.size=32/);
    const missing = await tried('--init', 'none.onnx');
    assert.deepEqual([missing.code, /none\.onnx/.test(missing.stderr)], [3, true]);
  });
});
