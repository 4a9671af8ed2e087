/** @file The OpenAPI document: whole, true to the table of routes, and true to what the server answers. */
import assert from 'node:assert/strict';
import { check } from '@robenc/shared/config/check.js';
import { API_ERRORS, ApiError } from '@robenc/serve/errors.js';
import { families } from '@robenc/serve/families/index.js';
import { routes } from '@robenc/serve/routes/index.js';
import { modelsFolder, writeFixture } from '../package-fixture.js';
import { get, png, post, serveFolder, type TestServer } from '../server-fixture.js';

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: {
    required: boolean;
    content: Record<string, { schema: { properties?: Record<string, object>; required?: string[]; additionalProperties?: boolean } }>;
  };
  responses: Record<string, { description: string; headers: object; content: Record<string, { schema: object }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

describe('OpenAPI document', () => {
  const folder = modelsFolder();
  let server: TestServer;
  let document: Document;
  before(async () => {
    writeFixture(folder.path);
    server = await serveFolder(folder.path);
    document = (await get<Document>(`${server.url}/openapi.json`)).body;
  });
  after(async () => {
    await server.close();
    folder.remove();
  });

  it('has every route with its method, options and error statuses', () => {
    assert.equal(document.openapi, '3.1.0');
    assert.deepEqual(Object.keys(document.paths).sort(), [...new Set(routes.entries.map(({ path }) => path))].sort());
    for (const route of routes.entries) {
      const operation = document.paths[route.path]![route.method]!;
      assert.equal(operation.operationId, route.name);
      const statuses = Object.keys(operation.responses);
      const { status: own } = families.get(route.family);
      for (const code of [...route.errors, 'internal' as const])
        assert.ok(statuses.includes(String(own?.(new ApiError(code, '')) ?? API_ERRORS[code].status)), `${route.name} ${code}`);
      const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inQuery = route.body === 'json' ? [] : Object.keys(route.options.properties);
      assert.deepEqual(
        operation.parameters.map(({ name }) => name),
        [...inPath, ...inQuery],
        route.name,
      );
      assert.equal(operation.requestBody !== undefined, route.method === 'post', route.name);
      if (route.body !== 'images' && route.body !== 'json') continue;
      const { schema } = operation.requestBody!.content['application/json']!;
      assert.deepEqual(Object.keys(schema.properties!), [...Object.keys(route.options.properties), ...(route.body === 'images' ? ['image', 'images'] : [])]);
      assert.equal(schema.additionalProperties, false);
    }
  });

  it('asks of clients what has no default, and nothing else', () => {
    const required = (path: string) => document.paths[path]!['post']!.requestBody!.content['application/json']!.schema.required ?? [];
    assert.deepEqual([required('/v1/embed'), required('/v1/classify'), required('/v1/models/load')], [[], [], ['model']]);
  });

  it('the page to read has every endpoint with its options and error codes, needs no script, and its links lead somewhere', async () => {
    const response = await fetch(`${server.url}/docs`);
    assert.match(response.headers.get('content-type')!, /^text\/html/);
    const page = await response.text();
    assert.ok(!/<script|https?:\/\//i.test(page.replaceAll(/<style>[^]*?<\/style>/g, '')));
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
    assert.equal(new Set(ids).size, ids.length);
    for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.includes(id!), id);
    for (const route of routes.entries) {
      const section = page.split(`<h2>${route.method.toUpperCase()} ${route.path}</h2>`)[1]?.split('</section>')[0];
      assert.ok(section !== undefined, route.name);
      for (const name of Object.keys(route.options.properties)) assert.ok(section.includes(`<code>${name}</code>`), `${route.name} ${name}`);
      for (const code of route.errors) assert.ok(section.includes(`<code>${code}</code>`), `${route.name} ${code}`);
    }
  });

  it('every reference in it leads somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!);
    assert.ok(references.length > 0);
    for (const name of references) assert.ok(document.components.schemas[name] !== undefined, name);
  });

  it('what the server answers is as the schemas say, to the last field', async () => {
    const image = (await png(1)).toString('base64');
    const requests: Record<string, object[]> = {
      embed: [{ image }, { images: [image, image], encoding: 'base64', normalize: true }],
      classify: [{ image }, { image, crops: 3, seed: 1, logits: true, top: 2 }],
      similarity: [{ images: [image, image] }],
      embeddings: [{ input: image }, { input: [image, image], encoding_format: 'base64', model: 'tiny' }],
      tei_embed: [{ inputs: image }, { inputs: [image, image], normalize: false }],
      tei_similarity: [{ inputs: { source_sentence: image, sentences: [image] } }],
      hf_root: [{ inputs: image, parameters: { top_k: 2 } }],
      hf_classify: [{ inputs: image }],
      oip_index: [{}],
      robustness: [
        { image, epsilon: '8/255', adversarialImage: true },
        { image, epsilon: 0.1, attack: 'fgsm', label: 0 },
      ],
    };
    const asked = routes.entries.filter(
      ({ path, name, scope }) => scope !== 'audit' && scope !== 'admin' && !path.includes('{') && name !== 'metrics' && name !== 'reference',
    );
    for (const route of asked) {
      assert.ok(route.method === 'get' || requests[route.name] !== undefined, `Add a request for ${route.name} to "requests" above.`);
      const url = `${server.url}${route.path}`;
      const answers = route.method === 'get' ? [await get<unknown>(url)] : await Promise.all(requests[route.name]!.map((body) => post<unknown>(url, body)));
      for (const { status, body } of answers) {
        assert.equal(status, 200, JSON.stringify(body));
        check(route.response, body, route.name);
      }
    }
  });
});
