/** @file Checkpoints come back bit by bit, and broken ones are named. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@robenc/shared/math/random.js';
import { migrations } from '../../../train/run/migrations/index.js';
import { SCHEMA_VERSION } from '../../../train/run/migrations/migration.js';
import { listCheckpoints, loadCheckpoint, loadNewest, saveCheckpoint, stateDigest, type Checkpoint } from '../../../train/run/checkpoint.js';

function checkpointAt(step: number): Checkpoint {
  const random = new Random(step, 'checkpoint');
  const tensor = (...shape: number[]) => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()) });
  return {
    step,
    seconds: 12.5 * step,
    runDigest: 'a'.repeat(64),
    madeBy: 'onnx on cpu, 2 threads',
    score: { measure: 'robust', value: 0.25, clean: 0.5 },
    state: {
      params: { 'conv.filter': tensor(2, 3, 3, 3), 'conv.scale': tensor(2) },
      encoderState: { 'conv.mean': tensor(2) },
      slots: { 'conv.filter': tensor(2, 3, 3, 3) },
      delta: tensor(4, 3, 2, 2),
    },
  };
}

/** What the file of schema version 1 was made from. */
function oldCheckpoint(): Omit<Checkpoint, 'madeBy' | 'score'> {
  const { state } = checkpointAt(1);
  return { step: 7, seconds: 87.5, runDigest: 'a'.repeat(64), state };
}

describe('checkpoints', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'robenc-checkpoint-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('give back every tensor, the perturbation and the place in the run', () => {
    const before = checkpointAt(7);
    const after = loadCheckpoint(saveCheckpoint(folder, before, 2));
    assert.deepEqual(after, before);
    assert.equal(stateDigest(after.state), stateDigest(before.state));
    assert.notEqual(stateDigest(after.state), stateDigest(checkpointAt(8).state));
  });

  it('only the newest are kept', () => {
    for (const step of [1, 2, 3]) saveCheckpoint(folder, checkpointAt(step), 2);
    assert.deepEqual(
      listCheckpoints(folder).map((path) => loadCheckpoint(path).step),
      [2, 3],
    );
  });

  it('one of schema version 1 is read: who made it and its score are unknown, every tensor is what it was', () => {
    const old = loadCheckpoint(join(import.meta.dirname, '../../fixtures/train/checkpoint-schema-1.safetensors'));
    assert.deepEqual(old, { ...oldCheckpoint(), madeBy: '', score: null });
    assert.deepEqual(loadCheckpoint(saveCheckpoint(folder, old, 2)), old, 'it is written again in the present version');
  });

  it('there is a migration from every schema version to the next', () => {
    assert.deepEqual(
      migrations.map(({ from }) => from),
      Array.from({ length: SCHEMA_VERSION - 1 }, (_, i) => i + 1),
    );
  });

  it('one of a newer schema version is refused with what to do', () => {
    const path = saveCheckpoint(folder, checkpointAt(1), 2);
    const text = readFileSync(path, 'latin1').replace(`"schemaVersion":"${SCHEMA_VERSION}"`, '"schemaVersion":"9"');
    writeFileSync(path, text, 'latin1');
    assert.throws(() => loadCheckpoint(path), { code: 'bad-file', message: /schema version is 9.*reads up to \d.*version that wrote it/ });
  });

  it('a changed number in the metadata is found by the digest, as a changed tensor is', () => {
    const path = saveCheckpoint(folder, checkpointAt(1), 2);
    writeFileSync(path, readFileSync(path, 'latin1').replace('"step":"1"', '"step":"2"'), 'latin1');
    assert.throws(() => loadCheckpoint(path), /do not match its digest/);
  });

  it('one with a changed byte, and one cut short, are refused by name and passed over', () => {
    saveCheckpoint(folder, checkpointAt(1), 3);
    const [, flipped, cut] = [1, 2, 3].map((step) => saveCheckpoint(folder, checkpointAt(step), 3)) as [string, string, string];
    const bytes = readFileSync(flipped);
    bytes[bytes.length - 5]! ^= 1;
    writeFileSync(flipped, bytes);
    writeFileSync(cut, readFileSync(cut).subarray(0, 700));
    assert.throws(() => loadCheckpoint(flipped), /step-00000002.*digest/);
    assert.throws(() => loadCheckpoint(cut), /step-00000003.*cut off/);
    const heard: string[] = [];
    assert.equal(loadNewest(folder, (error) => heard.push(error.message))?.step, 1);
    assert.equal(heard.length, 2);
  });
});
