/** @file Which states of a run are kept: the newest few, and the best by what the run measures. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bestPath, listCheckpoints, loadCheckpoint } from '../../../train/run/checkpoint.js';
import { clearRun } from '../../../train/run/folder.js';
import { Keeper, type Kept } from '../../../train/run/keeper.js';
import { beats } from '../../../train/run/score.js';

const DIGEST = 'd'.repeat(64);

function keptAt(step: number): Kept {
  return { step, seconds: step, state: { params: { w: { shape: [1], data: Float32Array.of(step) } }, encoderState: {}, slots: {}, delta: null } };
}

describe('the states that a run keeps', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'robenc-keeper-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = (validates: boolean, losses: readonly number[] = [], notes: string[] = []) =>
    new Keeper({ folder, keep: 2, runDigest: DIGEST, madeBy: '', perEpoch: 2, validates, losses }, (line) => notes.push(line));
  const bestStep = () => loadCheckpoint(bestPath(folder)).step;

  it('without validations the best is that of the least mean loss over an epoch, and stays when the newest move on', () => {
    const keeper = open(false);
    const losses = [9, 9, 1, 2, 8, 8, 8, 8];
    losses.forEach((loss, i) => {
      keeper.sawLoss(loss);
      keeper.save(keptAt(i + 1));
    });
    assert.equal(bestStep(), 4);
    assert.deepEqual(loadCheckpoint(bestPath(folder)).score, { measure: 'loss', value: 1.5 });
    assert.deepEqual(
      listCheckpoints(folder).map((path) => loadCheckpoint(path).step),
      [7, 8],
    );
  });

  it('with validations the best is that of the highest robust accuracy, of equal ones the cleaner, whatever the loss', () => {
    const keeper = open(true);
    keeper.sawLoss(0.1);
    keeper.save(keptAt(1));
    assert.equal(existsSync(bestPath(folder)), false);
    keeper.validated(keptAt(2), { robust: 0.3, clean: 0.5 });
    keeper.validated(keptAt(3), { robust: 0.2, clean: 0.9 });
    assert.equal(bestStep(), 2);
    keeper.validated(keptAt(4), { robust: 0.3, clean: 0.6 });
    assert.equal(bestStep(), 4);
  });

  it('after a restart the best so far is still the one to beat', () => {
    open(true).validated(keptAt(2), { robust: 0.3, clean: 0.5 });
    const again = open(true);
    again.validated(keptAt(3), { robust: 0.25, clean: 0.9 });
    assert.equal(bestStep(), 2);
    again.validated(keptAt(5), { robust: 0.31, clean: 0.1 });
    assert.equal(bestStep(), 5);
  });

  it('after a restart the losses before it count', () => {
    const keeper = open(false, [1, 3]);
    keeper.sawLoss(5);
    keeper.save(keptAt(3));
    assert.deepEqual(loadCheckpoint(bestPath(folder)).score, { measure: 'loss', value: 4 });
  });

  it('a best checkpoint that is broken is told of and replaced', () => {
    open(true).validated(keptAt(2), { robust: 0.3, clean: 0.5 });
    writeFileSync(bestPath(folder), 'broken');
    const notes: string[] = [];
    open(true, [], notes).validated(keptAt(3), { robust: 0.1, clean: 0.1 });
    assert.equal(bestStep(), 3);
    assert.match(notes.join(), /best\.safetensors cannot be used/);
  });

  it('a run that starts anew in the folder of a longer one finds none of its states, which would pass for the newest', () => {
    const keeper = open(true);
    for (const step of [400, 500]) keeper.save(keptAt(step));
    keeper.validated(keptAt(500), { robust: 0.9, clean: 0.9 });
    clearRun(folder);
    const anew = open(true);
    anew.save(keptAt(3));
    anew.validated(keptAt(3), { robust: 0.1, clean: 0.1 });
    assert.deepEqual(
      [...listCheckpoints(folder), bestPath(folder)].map((path) => loadCheckpoint(path).step),
      [3, 3],
    );
  });

  it('a score of another measure is always the best: the run was told to go by something else', () => {
    assert.equal(beats({ measure: 'robust', value: 0.01, clean: 0 }, { measure: 'loss', value: -100 }), true);
    assert.equal(beats({ measure: 'loss', value: 1 }, { measure: 'loss', value: 1 }), false);
  });
});
