/** @file Deadlines, and metrics that balance to the last request. */
import assert from 'node:assert/strict';
import type { ErrorBody } from '@robenc/serve/errors.js';
import { until } from '../until.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { longCheck, png, post, serveFolder, type TestServer } from './server-fixture.js';

describe('deadlines and metrics', () => {
  const folder = modelsFolder();
  let server: TestServer;
  let image: string;
  before(async () => {
    writeFixture(folder.path);
    server = await serveFolder(folder.path, { limits: { timeoutMs: 2_000 } });
    image = (await png(1)).toString('base64');
  });
  after(async () => {
    await server.close();
    folder.remove();
  });

  it('work that takes longer than the client or the server allows is answered with 504 and leaves nothing behind', async () => {
    for (const [headers, ms] of [
      [{ 'x-request-timeout-ms': '150' }, 150],
      [{ 'x-request-timeout-ms': '900000' }, 2000],
      [{}, 2000],
    ] as const) {
      const { status, body } = await post<ErrorBody>(`${server.url}/v1/robustness`, longCheck(image), headers);
      assert.deepEqual([status, body.error.code, body.error.message], [504, 'deadline_exceeded', `The answer was not there within ${ms} ms.`]);
    }
    assert.equal(server.admission.held, 0);
    assert.equal((await post(`${server.url}/v1/embed`, { image })).status, 200);
    const wrong = await post<ErrorBody>(`${server.url}/v1/embed`, { image }, { 'x-request-timeout-ms': 'soon' });
    assert.deepEqual([wrong.status, wrong.body.error.field], [400, 'x-request-timeout-ms']);
  });

  it('metrics balance: every request received ended once or is in flight, and every row of a batch is counted', async () => {
    const abort = new AbortController();
    const gone = fetch(`${server.url}/v1/robustness`, {
      method: 'POST',
      body: JSON.stringify(longCheck(image)),
      headers: { 'content-type': 'application/json' },
      signal: abort.signal,
    }).catch(() => null);
    await Promise.all([
      ...Array.from({ length: 20 }, () => post(`${server.url}/v1/embed`, { image })),
      ...Array.from({ length: 5 }, () => post(`${server.url}/v1/embed`, { image: 'no image' })),
      post(`${server.url}/v1/classify`, { image, crops: 3 }),
      post(`${server.url}/nowhere`, {}),
    ]);
    abort.abort();
    await gone;
    await until(() => server.admission.held === 0, 'an empty house');
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const sum = (name: string, filter = '') =>
      text
        .split('\n')
        .filter((line) => new RegExp(`^robenc_${name}[ {]`).test(line) && line.includes(filter))
        .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
    // The request for the metrics itself is in flight.
    assert.equal(sum('requests_in_flight'), 1);
    assert.equal(sum('requests_received_total'), sum('requests_total') + 1);
    assert.equal(sum('request_seconds_count'), sum('requests_total'));
    assert.deepEqual([sum('requests_total', 'code="bad_image"'), sum('requests_total', 'code="not_found"')], [5, 1]);
    assert.equal(sum('inference_rows_total'), sum('batch_rows_sum'));
    assert.equal(sum('inference_batches_total'), sum('batch_rows_count'));
    assert.ok(sum('inference_rows_total') >= 24, text);
    assert.deepEqual([sum('queue_rows'), sum('admitted_rows'), sum('admitted_bytes')], [0, 0, 0]);
  });
});
