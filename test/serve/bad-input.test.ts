/** @file Wrong requests: each gets a 4xx that names the field, and the server lives on. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { check } from '@robenc/shared/config/check.js';
import { ErrorBody } from '@robenc/serve/errors.js';
import { families } from '@robenc/serve/families/index.js';
import { routes } from '@robenc/serve/routes/index.js';
import { until } from '../until.js';
import { modelsFolder, writeFixture } from './package-fixture.js';
import { get, png, post, serveFolder, type Answer, type TestServer } from './server-fixture.js';

const MAX_BODY = 200_000;

describe('server, given wrong input', () => {
  const folder = modelsFolder();
  let server: TestServer;
  let image: string;
  let file: Buffer;
  before(async () => {
    writeFixture(folder.path, { name: 'tiny' });
    writeFixture(folder.path, { name: 'plain', seed: 3, aggregate: false });
    file = await png(1, 24, 24);
    image = file.toString('base64');
    server = await serveFolder(folder.path, { limits: { maxBodyBytes: MAX_BODY, maxPixels: 10_000, maxImages: 4, queueLimit: 100 } });
  });
  after(async () => {
    await server.close();
    folder.remove();
  });
  afterEach(async () => assert.equal((await fetch(`${server.url}/readyz`)).status, 200));

  /** The answer has this status, is a well-formed error, names the field, and its text matches. */
  function refused({ status, headers, body }: Answer<ErrorBody>, expected: number, code: string, field: string | null, message?: RegExp): void {
    assert.equal(status, expected, JSON.stringify(body));
    check(ErrorBody, body, 'error');
    assert.deepEqual([body.error.code, body.error.field], [code, field], body.error.message);
    assert.equal(body.requestId, headers.get('x-request-id'));
    if (message !== undefined) assert.match(`${body.error.message} ${body.error.remedy ?? ''}`, message);
  }
  const send = (path: string, body: unknown, headers?: Record<string, string>) => post<ErrorBody>(`${server.url}${path}`, body, headers);
  const JSON_TYPE = { 'content-type': 'application/json' };

  for (const route of routes.entries.filter(({ family, scope }) => family === 'robenc' && (scope === 'infer' || scope === 'public'))) {
    it(`${route.method.toUpperCase()} ${route.path} has error codes and refuses an unknown field by name`, async () => {
      assert.ok(route.errors.includes('bad_input'));
      const answer =
        route.method === 'get'
          ? await get<ErrorBody>(`${server.url}${route.path}?imagine=1`)
          : await send(route.path, { model: 'tiny', image, imagine: 1, ...(route.name === 'robustness' ? { epsilon: 0.1 } : {}) });
      refused(answer, 400, 'bad_input', 'imagine', /imagine is not known here/);
    });
  }

  for (const route of routes.entries.filter(({ scope }) => scope === 'admin' || scope === 'audit')) {
    it(`${route.method.toUpperCase()} ${route.path} is forbidden where the server has no API keys`, async () => {
      const init = route.method === 'post' ? { body: '{}', headers: JSON_TYPE } : {};
      const answer = await get(`${server.url}${route.path}`, { method: route.method.toUpperCase(), ...init });
      assert.equal(answer.status, 403);
      check(families.get(route.family).errorSchema, answer.body, 'error');
    });
  }

  for (const route of routes.entries) {
    it(`${route.path} answers another method with 405, says which are allowed, and in the manner of ${route.family}`, async () => {
      const answer = await get<ErrorBody>(`${server.url}${route.path}`, { method: 'PATCH' });
      assert.equal(answer.status, 405);
      check(families.get(route.family).errorSchema, answer.body, 'error');
      assert.ok(answer.headers.get('allow')!.includes(route.method.toUpperCase()), answer.headers.get('allow')!);
    });
  }

  it('a path that does not exist gets 404', async () => refused(await get(`${server.url}/v1/embedd`), 404, 'not_found', null, /openapi\.json/));
  it('a path that cannot be decoded gets 404 or 400, not 500', async () => assert.ok([400, 404].includes((await get(`${server.url}/%E0%A4%A`)).status)));

  it('an unknown model gets 404 with the nearest one', async () =>
    refused(await send('/v1/embed', { model: 'tinny', image }), 404, 'model_not_found', 'model', /No model "tinny".*Did you mean "tiny"/));
  it('a version that is not served gets 404', async () => refused(await send('/v1/embed', { model: 'tiny@7', image }), 404, 'model_not_found', 'model'));
  it('no model, where several are served, is answered with their names', async () =>
    refused(await send('/v1/embed', { image }), 400, 'bad_input', 'model', /plain@1, tiny@1/));
  it('a model name that is a path gets 404', async () =>
    refused(await send('/v1/embed', { model: '../../etc/passwd', image }), 404, 'model_not_found', 'model'));

  it('a corrupt image gets 400', async () => {
    const corrupt = Buffer.from(file);
    corrupt.fill(0x55, 60);
    refused(await send('/v1/embed', { model: 'tiny', image: corrupt.toString('base64') }), 400, 'bad_image', 'image');
  });
  it('a truncated image is named by its place in the list', async () =>
    refused(await send('/v1/embed', { model: 'tiny', images: [image, file.subarray(0, file.length >> 1).toString('base64')] }), 400, 'bad_image', 'images[1]'));
  it('text that is no image gets 400', async () =>
    refused(await send('/v1/classify?model=tiny', Buffer.from('hello'), { 'content-type': 'image/png' }), 400, 'bad_image', 'image'));
  it('SVG gets 400', async () =>
    refused(
      await send('/v1/classify?model=tiny', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), { 'content-type': 'image/svg+xml' }),
      400,
      'bad_image',
      'image',
    ));
  it('an image with too many pixels gets 400 with the limit', async () =>
    refused(await send('/v1/embed', { model: 'tiny', image: (await png(1, 200, 51)).toString('base64') }), 400, 'bad_image', 'image', /10000/));

  it('text that is not base64 gets 400', async () =>
    refused(await send('/v1/embed', { model: 'tiny', image: 'not base64!' }), 400, 'bad_input', 'image', /not base64/));
  it('an address is not fetched', async () =>
    refused(await send('/v1/embed', { model: 'tiny', image: 'http://127.0.0.1/x.png' }), 400, 'bad_input', 'image', /fetches nothing/));
  it('a data URI of text gets 400', async () =>
    refused(await send('/v1/embed', { model: 'tiny', image: 'data:text/html;base64,aGVsbG8=' }), 400, 'bad_input', 'image', /text\/html/));
  it('a number in place of an image gets 400', async () =>
    refused(await send('/v1/embed', { model: 'tiny', images: [image, 5] }), 400, 'bad_input', 'images[1]', /must be text, not a number/));
  it('an empty image gets 400', async () => refused(await send('/v1/embed', { model: 'tiny', image: '' }), 400, 'bad_input', 'image', /empty/));
  it('no image gets 400 with the ways to send one', async () =>
    refused(await send('/v1/embed', { model: 'tiny' }), 400, 'bad_input', 'image', /missing.*base64/));
  it('an empty list gets 400', async () => refused(await send('/v1/embed', { model: 'tiny', images: [] }), 400, 'bad_input', 'images'));
  it('image and images together get 400', async () => refused(await send('/v1/embed', { model: 'tiny', image, images: [image] }), 400, 'bad_input', 'images'));
  it('more images than allowed get 413', async () =>
    refused(await send('/v1/embed', { model: 'tiny', images: Array(5).fill(image) }), 413, 'too_large', 'images', /at most 4/));
  it('more crops than the server holds get 400, not an endless 429', async () =>
    refused(
      await send('/v1/classify', { model: 'tiny', images: [image, image], crops: 64 }),
      400,
      'bad_input',
      'images',
      /needs 128 model inputs.*at most 100/,
    ));

  it('an empty body gets 400', async () => refused(await send('/v1/embed', '', JSON_TYPE), 400, 'bad_input', 'body', /empty/));
  it('broken JSON gets 400', async () => refused(await send('/v1/embed', '{"image": ', JSON_TYPE), 400, 'bad_input', 'body', /not JSON/));
  it('JSON that is a list gets 400', async () => refused(await send('/v1/embed', '[]', JSON_TYPE), 400, 'bad_input', 'body', /not an object/));
  it('JSON that is not UTF-8 gets 400', async () =>
    refused(await send('/v1/embed', Buffer.from('{"model":"\xff"}', 'latin1'), JSON_TYPE), 400, 'bad_input', 'body'));
  it('JSON nested 50,000 deep gets 400', async () =>
    refused(await send('/v1/embed', `{"model":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, JSON_TYPE), 400, 'bad_input', 'body', /levels/));
  it('JSON with 8,000 unknown fields gets 400 at once', async () => {
    const many = Object.fromEntries(Array.from({ length: 8_000 }, (_, i) => [`f${i}`, 1]));
    refused(await send('/v1/embed', many), 400, 'bad_input', 'body', /values/);
  });
  it('__proto__ is an unknown field like any other', async () =>
    assert.equal((await send('/v1/embed', `{"model":"tiny","image":"${image}","__proto__":{"x":1}}`, JSON_TYPE)).status, 400));
  it('a wrong type is named with its value', async () =>
    refused(await send('/v1/embed', { model: 'tiny', image, normalize: 'yes' }), 400, 'bad_input', 'normalize', /"yes"/));
  it('a wrong number in the address is named', async () =>
    refused(await send('/v1/classify?model=tiny&top=many', file, { 'content-type': 'image/png' }), 400, 'bad_input', 'top', /"many"/));
  it('an option given twice is named', async () =>
    refused(await send('/v1/classify?model=tiny&top=1&top=2', file, { 'content-type': 'image/png' }), 400, 'bad_input', 'top', /once/));
  it('options in the address of a JSON request are refused, not ignored', async () =>
    refused(await send('/v1/classify?top=1', { model: 'tiny', image }), 400, 'bad_input', 'top', /body/));

  it('a body above the limit gets 413, plain, compressed or in chunks', async () => {
    const large = JSON.stringify({ model: 'tiny', image: 'A'.repeat(MAX_BODY) });
    refused(await send('/v1/embed', large, JSON_TYPE), 413, 'too_large', 'body', /--max-body/);
    refused(await send('/v1/embed', gzipSync(large), { ...JSON_TYPE, 'content-encoding': 'gzip' }), 413, 'too_large', 'body');
    const stream = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 10; i++) controller.enqueue(new TextEncoder().encode(large.slice(0, MAX_BODY / 5)));
        controller.close();
      },
    });
    const response = await fetch(`${server.url}/v1/embed`, { method: 'POST', body: stream, headers: JSON_TYPE, duplex: 'half' });
    assert.equal(response.status, 413);
  });
  it('a content type that is not read gets 415', async () =>
    refused(await send('/v1/embed', 'image', { 'content-type': 'text/plain' }), 415, 'unsupported_media_type', 'content-type', /multipart\/form-data/));
  it('a missing content type gets 415', async () => {
    const response = await fetch(`${server.url}/v1/embed`, { method: 'POST', body: new Uint8Array(file) });
    refused({ status: response.status, headers: response.headers, body: (await response.json()) as ErrorBody }, 415, 'unsupported_media_type', 'content-type');
  });
  it('a content encoding that is not read gets 415', async () =>
    refused(await send('/v1/embed', '{}', { ...JSON_TYPE, 'content-encoding': 'zstd' }), 415, 'unsupported_media_type', 'content-encoding', /"zstd".*gzip/));
  for (const [encoding, body] of [
    ['gzip', Buffer.from('not gzip')],
    ['gzip', gzipSync('{"image": "AAAA"}').subarray(0, -12)],
    ['deflate', Buffer.from('not deflate')],
    ['br', Buffer.from('not brotli')],
  ] as const)
    it(`a body of ${body.length} bytes that is not whole ${encoding} gets 400 with its encoding`, async () =>
      refused(
        await send('/v1/embed', body, { ...JSON_TYPE, 'content-encoding': encoding }),
        400,
        'bad_input',
        'body',
        new RegExp(`not whole ${encoding}.*Content-Encoding`),
      ));

  it('a form with a file in another field, an unknown field, without boundary or cut short gets 400, one with too many files 413', async () => {
    const wrongField = new FormData();
    wrongField.append('photo', new Blob([file]), 'a.png');
    refused(await send('/v1/embed', wrongField), 400, 'bad_input', 'photo');
    const text = new FormData();
    text.append('image', 'a.png');
    refused(await send('/v1/embed', text), 400, 'bad_input', 'image', /image=@/);
    const unknown = new FormData();
    unknown.append('image', new Blob([file]), 'a.png');
    unknown.append('modell', 'tiny');
    refused(await send('/v1/embed', unknown), 400, 'bad_input', 'modell', /Did you mean "model"/);
    const many = new FormData();
    for (let i = 0; i < 5; i++) many.append('images', new Blob([file]), `${i}.png`);
    refused(await send('/v1/embed', many), 413, 'too_large', 'images', /More than 4 images were sent.*Send several requests/);
    refused(await send('/v1/embed', 'x', { 'content-type': 'multipart/form-data' }), 400, 'bad_input', 'body');
    refused(
      await send('/v1/embed', '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nxyz', {
        'content-type': 'multipart/form-data; boundary=b',
      }),
      400,
      'bad_input',
      'body',
    );
  });

  it('crops of a model without patch-aggregate head get 400 with the remedy', async () =>
    refused(await send('/v1/classify', { model: 'plain', image, crops: 4 }), 400, 'bad_input', 'crops', /fit-head/));
  it('a seed or scheme without crops gets 400, since it would have no effect', async () => {
    refused(await send('/v1/classify', { model: 'tiny', image, seed: 4 }), 400, 'bad_input', 'seed');
    refused(await send('/v1/classify', { model: 'tiny', image, scheme: 'crops' }), 400, 'bad_input', 'scheme');
  });
  it('an unknown scheme gets the ones there are', async () =>
    refused(await send('/v1/classify', { model: 'tiny', image, crops: 4, scheme: 'tiles' }), 400, 'bad_input', 'scheme', /crops, patches/));

  const attack = (options: object) => send('/v1/robustness', { model: 'tiny', image, epsilon: '8/255', ...options });
  it('a missing epsilon is named', async () => refused(await send('/v1/robustness', { model: 'tiny', image }), 400, 'bad_input', 'epsilon', /missing/));
  for (const epsilon of ['8/', 'eight', -0.1, 8, '300/255', null, {}])
    it(`epsilon ${JSON.stringify(epsilon)} gets 400`, async () => refused(await attack({ epsilon }), 400, 'bad_input', 'epsilon'));
  it('an unknown attack gets the ones there are', async () => refused(await attack({ attack: 'pgdd' }), 400, 'bad_input', 'attack', /fgsm, pgd/));
  it('an option that the attack does not have is refused, not ignored', async () =>
    refused(await attack({ attack: 'fgsm', steps: 10 }), 400, 'bad_input', 'steps', /fgsm/));
  for (const [field, value, other] of [
    ['tolerance', 0.01, 'smallest'],
    ['draws', 100, 'sigma'],
    ['alpha', 0.01, 'sigma'],
  ] as const)
    it(`${field} without ${other} is refused, not ignored`, async () =>
      refused(await attack({ [field]: value }), 400, 'bad_input', field, new RegExp(`without ${other}`)));
  it('too many steps get 400', async () => refused(await attack({ steps: 1_000_000 }), 400, 'bad_input', 'steps'));
  it('restarts without random start contradict each other', async () =>
    refused(await attack({ restarts: 3, randomStart: false }), 400, 'bad_input', 'restarts'));
  it('an unknown label gets the nearest class', async () => refused(await attack({ label: 'sqare' }), 400, 'bad_input', 'label', /Did you mean "square"/));
  it('a label outside of the classes gets their range', async () => refused(await attack({ label: 5 }), 400, 'bad_input', 'label', /0 to 4/));
  it('labels that do not match the images are counted', async () =>
    refused(await attack({ labels: ['star', 'star'] }), 400, 'bad_input', 'labels', /1 images and 2 labels/));

  it('a client that breaks off in the middle of its body does no harm', async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write('POST /v1/embed HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\nx-request-id: broke-off\r\n\r\n{"im');
        // Not before the server has begun to read.
        void until(() => server.admission.heldBytes > 0, 'the first half of the request').then(() => socket.destroy());
      });
      socket.on('close', () => resolve()).on('error', reject);
    });
    await until(() => server.logs.some((line) => line['requestId'] === 'broke-off'), 'the log of the client that broke off');
    assert.equal(server.logs.find((line) => line['requestId'] === 'broke-off')!['status'], 499);
  });

  it('none of all this was an internal error', () =>
    assert.deepEqual(
      server.logs.filter((line) => Number(line['status']) >= 500),
      [],
    ));
});
