/** @file Devices: what works is told from what only seems to, and the rest comes with a remedy. */
import assert from 'node:assert/strict';
import { candidates, devices } from '@robenc/shared/runtime/devices.js';
import { judge, listDevices } from '@robenc/shared/runtime/list-devices.js';
import { probe } from '@robenc/shared/runtime/probe.js';

describe('devices', () => {
  it('finds that the CPU works, and says what the others lack', async () => {
    const reports = await listDevices();
    assert.deepEqual(
      reports.map(({ name }) => name),
      ['cpu', 'cuda', 'webgpu'],
    );
    assert.equal(reports[0]!.works, true);
    assert.match(reports[0]!.detail, /^Computed a known answer in [\d.]+ ms\.$/);
    for (const { name, works, remedy } of reports) assert.equal(remedy === null, works, name);
  });

  it('computes the known answer exactly on the CPU', async () => {
    const result = await probe('cpu');
    assert('largestError' in result, JSON.stringify(result));
    assert.equal(result.largestError, 0);
  });

  it('does not call a device working that computes nonsense', () => {
    const cuda = devices.get('cuda');
    assert.deepEqual(judge(cuda, { largestError: 0.5, milliseconds: 1 }), {
      name: 'cuda',
      works: false,
      detail: 'It computes wrong answers: off by 0.5 in a small test.',
      remedy: 'Update the driver, or use --device cpu.',
    });
    assert.equal(judge(cuda, { largestError: Number.NaN, milliseconds: 1 }).works, false);
    assert.equal(judge(cuda, { largestError: 0.01, milliseconds: 1 }).works, true);
    assert.deepEqual(judge(cuda, { failure: `No driver. ${cuda.remedy}` }), { name: 'cuda', works: false, detail: 'No driver.', remedy: cuda.remedy });
  });

  it('are tried best first, and the CPU last', () => {
    const names = (request: Parameters<typeof candidates>[0]): string[] => candidates(request).map(({ name }) => name);
    assert.deepEqual([names('cpu'), names('cuda'), names('webgpu'), names('auto')], [['cpu'], ['cuda', 'cpu'], ['webgpu', 'cpu'], ['cuda', 'cpu']]);
  });
});
