/** @file When the server itself fails: clients get a code and no secrets, the log gets the cause, and readiness tells the truth. */
import assert from 'node:assert/strict';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { RobencError } from '@robenc/shared/errors.js';
import { graphOf } from '@robenc/serve/engine/model.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { get, png, post, serveFolder, type TestServer } from './server-fixture.js';

interface Failure {
  error: { code: string; message: string; field: string | null };
}

describe('server, when it fails', () => {
  const folder = modelsFolder();
  let server: TestServer;
  let image: string;
  before(async () => {
    writeFixture(folder.path);
    server = await serveFolder(folder.path);
    image = (await png(1)).toString('base64');
  });
  after(async () => {
    await server.close();
    folder.remove();
  });

  /** Lets a graph of the served model answer otherwise, for the length of `work`. */
  async function broken(role: 'encoder' | 'classifier', run: (honest: TensorData) => Promise<TensorData>, work: () => Promise<void>): Promise<void> {
    const graph = graphOf(server.engine.models.get(undefined), role);
    const honest = graph.run.bind(graph);
    graph.run = async (feeds) => {
      const answers = await honest(feeds);
      return Object.fromEntries(await Promise.all(Object.entries(answers).map(async ([name, tensor]) => [name, await run(tensor)] as const)));
    };
    try {
      await work();
    } finally {
      graph.run = honest;
    }
  }
  const filled = (tensor: TensorData, value: number): Promise<TensorData> =>
    Promise.resolve({ ...tensor, data: new Float32Array(tensor.data.length).fill(value) });

  it('a failing graph gives 500 without its message, and the log has the cause under the request id', () =>
    broken(
      'encoder',
      () => Promise.reject(new Error('secret /home/of/model')),
      async () => {
        const { status, body } = await post<Failure>(`${server.url}/v1/embed`, { image }, { 'x-request-id': 'fails' });
        assert.deepEqual([status, body.error.code], [500, 'internal']);
        assert.ok(!JSON.stringify(body).includes('secret'));
        assert.ok(server.logs.some((line) => line['requestId'] === 'fails' && JSON.stringify(line).includes('secret')));
      },
    ));

  for (const value of [NaN, Infinity])
    it(`${value} in an answer is an error and never becomes null in JSON`, () =>
      broken(
        'encoder',
        (tensor) => filled(tensor, value),
        async () => {
          const { status, body } = await post<Failure>(`${server.url}/v1/embed`, { image });
          assert.deepEqual([status, body.error.code], [500, 'internal']);
        },
      ));

  it('a device that computes something else than at start is not ready', () =>
    broken(
      'classifier',
      (tensor) => filled(tensor, 0),
      async () => {
        const { status, body } = await get<Failure>(`${server.url}/readyz`);
        assert.deepEqual([status, body.error.code], [503, 'unavailable']);
        assert.match(body.error.message, /tiny@1, classifier: "logits" differs on the golden input by \S+ of its greatest value from what it was at start/);
        assert.equal((await get(`${server.url}/healthz`)).status, 200);
      },
    ));

  it('a device that fails is not ready, and requests get 503 to try elsewhere', () =>
    broken(
      'classifier',
      () => Promise.reject(new RobencError('unavailable', 'The thread ended.')),
      async () => {
        assert.equal((await get(`${server.url}/readyz`)).status, 503);
        const { status, body } = await post<Failure>(`${server.url}/v1/classify`, { image });
        assert.deepEqual([status, body.error.code], [503, 'unavailable']);
      },
    ));

  it('and afterwards it is ready again', async () => {
    assert.equal((await get(`${server.url}/readyz`)).status, 200);
    assert.equal((await post(`${server.url}/v1/classify`, { image })).status, 200);
  });
});
