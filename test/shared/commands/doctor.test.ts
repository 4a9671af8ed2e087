/** @file `robenc doctor`: the facts, as lines and as one object, and what follows from them. */
import assert from 'node:assert/strict';
import doctor, { judge, type Diagnosis } from '@robenc/shared/commands/doctor.js';
import { memoryContext } from '../../context.js';

const HEALTHY: Diagnosis = {
  node: { version: '20.20.2', required: '>=20.19' },
  system: { platform: 'linux', release: '6', architecture: 'x64' },
  cpu: { model: 'CPU', cores: 8, usableCores: 8 },
  memory: { totalBytes: 2 ** 34, freeBytes: 2 ** 33 },
  disk: { path: '/data', freeBytes: 2 ** 36 },
  packages: [{ name: 'onnxruntime-node', purpose: 'runs models', needed: true, version: '1.30.0', add: 'npm ci' }],
  devices: [{ name: 'cpu', works: true, detail: 'Computed a known answer in 1.0 ms.', remedy: null }],
  convolutionBlock: 16,
};

describe('robenc doctor', () => {
  it('reports this machine as lines and as one object, and finds that it can run models', async () => {
    const context = memoryContext();
    assert.equal(await doctor.run({}, context), 0);
    assert.equal(context.results.length, 1);
    const result = context.results[0] as Diagnosis & { findings: { kind: string }[] };
    assert.equal(result.node.version, process.versions.node);
    assert.match(result.packages.find(({ name }) => name === 'onnxruntime-node')!.version!, /^1\.\d+\.\d+$/);
    assert.match(result.packages.find(({ name }) => name === 'sharp')!.version!, /^0\.\d+\.\d+$/);
    assert(result.memory.totalBytes > 2 ** 28 && result.disk.freeBytes > 0 && result.cpu.usableCores >= 1);
    assert(context.lines.some((line) => /^Device cpu +works\. /.test(line)));
    assert.deepEqual(
      result.findings.filter(({ kind }) => kind === 'problem'),
      [],
    );
    assert.equal(context.lines.filter((line) => /^Hint: /.test(line)).length, result.findings.length);
  });

  it('has nothing to say about a healthy machine', () => assert.deepEqual(judge(HEALTHY), []));

  it('tells problems, which come first, from hints, and gives the remedy for each', () => {
    const sick: Diagnosis = {
      ...HEALTHY,
      node: { version: '20.9.0', required: '>=20.19' },
      cpu: { model: 'CPU', cores: 1, usableCores: 1 },
      memory: { totalBytes: 2 ** 30, freeBytes: 2 ** 20 },
      disk: { path: '/data', freeBytes: 2 ** 29 },
      packages: [
        { name: 'onnxruntime-node', purpose: 'runs models', needed: true, version: null, add: 'npm ci' },
        { name: 'extra', purpose: 'optional', needed: false, version: null, add: 'npm install extra' },
      ],
      devices: [
        { name: 'cpu', works: false, detail: 'The test crashed (SIGILL).', remedy: 'Do this.' },
        { name: 'cuda', works: false, detail: 'No driver.', remedy: 'Install one.' },
      ],
    };
    assert.deepEqual(
      judge(sick).map(({ kind, text }) => `${kind}: ${text}`),
      [
        'problem: Node 20.9.0 is too old: robenc needs >=20.19. Install a newer Node.',
        'problem: onnxruntime-node is not installed. To add it: npm ci',
        'problem: The test crashed (SIGILL). Do this.',
        'hint: extra is not installed. To add it: npm install extra',
        'hint: No driver. Install one.',
        'hint: Only one core may be used: training takes about twice the time of the figures in the documentation.',
        'hint: 1.0 GiB of memory is little: use a smaller --batch-size and fewer workers.',
        'hint: 0.5 GiB of disk is free in /data: free some before training, checkpoints and data need room.',
      ],
    );
  });

  it('accepts newer versions of Node', () => {
    for (const version of ['20.19.0', '20.20.2', '22.0.0', '100.1.0']) assert.deepEqual(judge({ ...HEALTHY, node: { version, required: '>=20.19' } }), []);
    for (const version of ['18.20.0', '20.18.9', '9.99.0']) assert.equal(judge({ ...HEALTHY, node: { version, required: '>=20.19' } }).length, 1);
  });
});
