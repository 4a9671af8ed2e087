/** @file Traces: what a collector gets of a request, and that nothing is sent where none is named. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Tracing } from '@robenc/serve/observability/tracing.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { png, post, serveFolder } from './server-fixture.js';

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number };
}
interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  status: { code?: number };
}

describe('traces', () => {
  const folder = modelsFolder();
  const received: { path: string; body: string }[] = [];
  let collector: Server;
  before(async () => {
    writeFixture(folder.path, { aggregate: false });
    collector = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        received.push({ path: request.url!, body: Buffer.concat(parts).toString() });
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    collector.close();
    folder.remove();
  });

  it('a request is one span below that of its sender, with its queue and its run, and without its payload', async () => {
    const tracing = new Tracing(`http://127.0.0.1:${(collector.address() as AddressInfo).port}/`);
    const server = await serveFolder(folder.path, { server: { tracing } });
    const [traceId, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    const image = (await png(1)).toString('base64');
    const { status, headers } = await post(`${server.url}/v1/embed`, { image }, { traceparent: `00-${traceId}-${parent}-01` });
    assert.equal(status, 200);
    assert.equal((await post(`${server.url}/v1/embed`, { image, model: 'nothing' })).status, 404);
    await server.close();
    await tracing.close();
    assert.ok(received.length > 0 && received.every(({ path }) => path === '/v1/traces'));
    assert.ok(!received.some(({ body }) => body.includes(image)));
    const spans = received.flatMap(({ body }) =>
      (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }).resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap((scope) => scope.spans),
      ),
    );
    const request = spans.find((span) => span.traceId === traceId && span.parentSpanId === parent)!;
    const value = (span: Span, key: string) => span.attributes.find((attribute) => attribute.key === key)?.value;
    assert.deepEqual([request.name, request.kind], ['POST /v1/embed', 2]);
    assert.equal(value(request, 'robenc.request_id')?.stringValue, headers.get('x-request-id'));
    assert.equal(Number(value(request, 'http.response.status_code')?.intValue), 200);
    assert.equal(value(request, 'robenc.model')?.stringValue, 'tiny@1');
    const below = spans.filter((span) => span.parentSpanId === request.spanId);
    assert.deepEqual(below.map(({ name }) => name).sort(), ['queue', 'run']);
    for (const span of below) assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
    const failed = spans.find((span) => value(span, 'error.type')?.stringValue === 'model_not_found')!;
    assert.notEqual(failed.traceId, traceId);
    assert.ok(server.logs.some((line) => line['traceId'] === traceId));
  });

  it('without a collector nothing is traced', async () => {
    const before = received.length;
    const server = await serveFolder(folder.path);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    await server.close();
    assert.equal(received.length, before);
    assert.ok(server.logs.every((line) => line['traceId'] === undefined));
  });
});
