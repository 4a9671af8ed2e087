/** @file Readiness is proven by computing: golden inputs of the packages, at start, when asked, and from time to time. */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { Engine } from '@robenc/serve/engine/engine.js';
import { graphOf, type GraphRole } from '@robenc/serve/engine/model.js';
import { watchReadiness } from '@robenc/serve/engine/ready.js';
import { refusal } from '../refusal.js';
import { until } from '../until.js';
import { goldenOf, modelsFolder, writeFixture } from './package-fixture.js';
import { get, serveFolder, type TestServer } from './server-fixture.js';

interface Ready {
  status: string;
  checks: { model: string; graph: string; against: string; difference: number }[];
}
interface Refused {
  error: { code: string; message: string };
}

describe('readiness', () => {
  const folder = modelsFolder();
  let server: TestServer;
  before(async () => {
    writeFixture(folder.path, { seed: 3, golden: await goldenOf(3) });
    server = await serveFolder(folder.path);
  });
  after(async () => {
    await server.close();
    folder.remove();
  });

  /** Lets a graph answer numbers that are off by a share of their own size. @returns what makes it honest again. */
  function bend(role: GraphRole, share: number): () => void {
    const graph = graphOf(server.engine.models.get(undefined), role);
    const honest = graph.run.bind(graph);
    graph.run = async (feeds) =>
      Object.fromEntries(
        Object.entries(await honest(feeds)).map(([name, tensor]) => [
          name,
          { ...tensor, data: (tensor.data as Float32Array).map((value) => value * (1 + share)) },
        ]),
      );
    return () => (graph.run = honest);
  }

  it('says against what each model was checked, and how far it is off', async () => {
    const { status, body } = await get<Ready>(`${server.url}/readyz`);
    assert.equal(status, 200);
    assert.deepEqual(
      body.checks.map(({ model, graph, against }) => [model, graph, against]),
      [['tiny@1', 'classifier', 'package']],
    );
    assert.ok(body.checks[0]!.difference < 1e-5, String(body.checks[0]!.difference));
  });

  it('a device whose answers are off by a percent is not ready, with the reason; one within the tolerance is', async () => {
    const mend = bend('classifier', 0.01);
    const { status, body, headers } = await get<Refused>(`${server.url}/readyz`);
    mend();
    assert.deepEqual([status, body.error.code, headers.get('retry-after')], [503, 'unavailable', '1']);
    assert.match(body.error.message, /tiny@1, classifier: "logits" differs on the golden input by 1\.0e-2 .* from what it was when the package was made/);
    const near = bend('classifier', 1e-5);
    assert.equal((await get(`${server.url}/readyz`)).status, 200);
    near();
  });

  it('a package whose golden outputs are those of another model is not served, and the reason is told', async () => {
    const wrong = modelsFolder();
    writeFixture(wrong.path, { seed: 3, golden: await goldenOf(4) });
    const options = {
      modelsFolder: wrong.path,
      references: [],
      workers: 1,
      device: 'cpu',
      batchRows: 4,
      imageThreads: 1,
      now: () => performance.now(),
    } as const;
    await assert.rejects(Engine.open(options), refusal('mismatch', /tiny@1, \w+: "\w+" differs on the golden input/));
    wrong.remove();
  });

  it('a graph that only the server itself asks makes it not ready too, until it is right again; log and metrics tell', async () => {
    const lines: string[] = [];
    const stop = watchReadiness(server.engine, {
      everyMs: 10,
      metrics: server.metrics,
      log: pino({ base: null }, { write: (line: string) => void lines.push(line) }),
    });
    const readiness = async (wanted: number): Promise<Refused> => {
      let last: Awaited<ReturnType<typeof get<Refused>>>;
      await until(async () => (last = await get<Refused>(`${server.url}/readyz`)).status === wanted, `readiness ${wanted}`);
      return last!.body;
    };
    const mend = bend('gradient', 0.5);
    assert.match((await readiness(503)).error.message, /gradient: "(loss|logits|gradient)" differs/);
    assert.match(await (await fetch(`${server.url}/metrics`)).text(), /^robenc_failing_models 1$/m);
    mend();
    await readiness(200);
    await until(() => lines.length >= 2, 'two lines in the log');
    stop();
    assert.match(lines[0]!, /"reason":"tiny@1, gradient/);
    assert.match(lines[1]!, /compute what they must again/);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /^robenc_failing_models 0$/m);
    assert.match(metrics, /^robenc_probes_total\{result="wrong"\} [1-9]/m);
  });
});
