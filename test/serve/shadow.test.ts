/** @file A shadow version sees a share of the requests too: its answers are compared and thrown away, whatever happens to it. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { promote } from '@robenc/shared/package/registry.js';
import { Metrics } from '@robenc/serve/observability/metrics.js';
import type { ShadowReport } from '@robenc/serve/engine/shadows.js';
import { until } from '../until.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { get, pngs, post, serveFolder, type TestServer } from './server-fixture.js';

interface Classified {
  model: { version: string };
  results: { prediction: { index: number }; logits: number[] }[];
}

describe('a shadow version', () => {
  const folders: ReturnType<typeof modelsFolder>[] = [];
  const servers: TestServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
    folders.splice(0).forEach((folder) => folder.remove());
  });

  /** Version 1 answers, version 2 of the given weights is its shadow. */
  async function serve(seed: number, shadowShare: number, workers = 1): Promise<{ server: TestServer; reports: ShadowReport[] }> {
    const folder = modelsFolder();
    folders.push(folder);
    writeFixture(folder.path, { seed: 1 });
    writeFixture(folder.path, { seed });
    promote(folder.path, { name: 'tiny', version: '2', label: 'shadow' });
    promote(folder.path, { name: 'tiny', version: '1', label: 'latest' });
    const reports: ShadowReport[] = [];
    const metrics = new Metrics();
    const onShadow = (report: ShadowReport) => {
      reports.push(report);
      metrics.shadowed(report);
    };
    const server = await serveFolder(folder.path, { shadowShare, onShadow, workers, server: { metrics } });
    servers.push(server);
    return { server, reports };
  }
  const classify = async (server: TestServer, image: string, rest: object = {}, id = image.slice(-30)) => {
    const { status, body } = await post<Classified>(
      `${server.url}/v1/classify`,
      { image, logits: true, ...rest },
      { 'x-request-id': id.replaceAll(/[^a-z0-9]/gi, '') },
    );
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const told = async (reports: readonly ShadowReport[], count: number) => {
    await until(() => reports.length >= count, `${count} reports`);
    assert.equal(reports.length, count);
  };
  /** Whatever the shadow was to see it has seen, and has told: it is given its work before the answer goes out. */
  const settled = async ({ engine: { dispatcher } }: TestServer) => {
    await until(() => dispatcher.waitingRows === 0 && dispatcher.runningBatches === 0, 'an idle server');
    await turn();
  };

  it('with the same weights agrees with every answer; with others the differences are those of the two versions', async () => {
    const images = await pngs(900, 6);
    const same = await serve(1, 1);
    for (const image of images) assert.equal((await classify(same.server, image)).model.version, '1');
    await told(same.reports, 6);
    for (const report of same.reports) assert.deepEqual([report.outcome, report.rows, report.agreeing, report.differences], ['compared', 1, 1, [0]]);
    const other = await serve(2, 1);
    const ids = (await get<{ data: { id: string }[] }>(`${other.server.url}/v1/models`)).body.data.map(({ id }) => id).sort();
    assert.deepEqual(ids, ['tiny@1', 'tiny@2']);
    for (const [i, image] of images.entries()) {
      const answered = (await classify(other.server, image)).results[0]!;
      await told(other.reports, i + 1);
      const shadow = (await classify(other.server, image, { model: 'tiny@2' })).results[0]!;
      const norm = (values: number[]) => Math.hypot(...values);
      const expected = norm(answered.logits.map((value, j) => value - shadow.logits[j]!)) / norm(answered.logits);
      assert.ok(Math.abs(other.reports[i]!.differences[0]! - expected) < 1e-4 * expected);
      assert.equal(other.reports[i]!.agreeing, answered.prediction.index === shadow.prediction.index ? 1 : 0);
    }
    const metrics = await (await fetch(`${other.server.url}/metrics`)).text();
    assert.match(metrics, /^robenc_shadow_rows_total\{model="tiny@1",shadow="tiny@2",graph="classifier",outcome="compared"\} 6$/m);
    assert.match(metrics, /^robenc_shadow_difference_count\{model="tiny@1",shadow="tiny@2",graph="classifier"\} 6$/m);
  });

  it('sees a share of the requests that name no version, and none that do', async () => {
    const { server, reports } = await serve(1, 0.5);
    const [image] = await pngs(910, 1);
    for (let i = 0; i < 60; i++) await classify(server, image!, {}, `request ${i}`);
    await settled(server);
    assert.ok(reports.length > 15 && reports.length < 45, `${reports.length} of 60`);
    const before = reports.length;
    for (let i = 0; i < 10; i++) await classify(server, image!, { model: 'tiny@1' }, `named ${i}`);
    await settled(server);
    assert.equal(reports.length, before);
  });

  it('that fails is counted, and nobody who asked notices', async () => {
    const { server, reports } = await serve(1, 1);
    const shadow = server.engine.models.get('tiny@2');
    shadow.graphs.classifier!.run = () => Promise.reject(new Error('broken'));
    const [image] = await pngs(920, 1);
    assert.equal((await classify(server, image!)).model.version, '1');
    await told(reports, 1);
    assert.equal(reports[0]!.outcome, 'failed');
  });

  it('that cannot keep up is left out, so that nothing piles up', async () => {
    // Two workers, so that the shadow that hangs does not hold up the answers.
    const { server, reports } = await serve(1, 1, 2);
    const shadow = server.engine.models.get('tiny@2').graphs.classifier!;
    const honest = shadow.run.bind(shadow);
    let open = () => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    shadow.run = async (feeds) => (await gate, honest(feeds));
    const main = server.engine.models.get('tiny');
    const compute = server.engine.shadows.beside(main, server.engine.models.get('tiny@2'));
    const feeds = { image: { dtype: 'float32' as const, shape: [200, 3, 16, 16], data: new Float32Array(200 * 768) } };
    await compute.run(main.graphs.classifier!, feeds);
    await compute.run(main.graphs.classifier!, feeds);
    await told(reports, 1);
    open();
    await told(reports, 2);
    assert.deepEqual(reports.map(({ outcome }) => outcome).sort(), ['compared', 'dropped']);
  });
});
