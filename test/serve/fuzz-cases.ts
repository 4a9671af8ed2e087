/** @file Requests that no client should send, and some that are nearly right: what the fuzzing of the server draws from. */
import fc from 'fast-check';
import { routes } from '@robenc/serve/routes/index.js';
import type { Route } from '@robenc/serve/routes/route.js';

export interface FuzzCase {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

const text = (value: string) => new TextEncoder().encode(value);
/** Characters that headers and addresses may hold. */
const word = fc.string({ maxLength: 12, unit: fc.constantFrom(...'abcXYZ019._-~@%/=&+ '.split('')) });
const scalar = fc.oneof(
  fc.constantFrom<unknown>(0, 1, -1, 2, 0.5, 1e-9, 1e308, -0, '8/255', '1/0', '', 'tiny', 'tiny@1', 'linf', 'l2', 'pgd', 'fgsm', true, false, null, [], {}, [
    [],
  ]),
  fc.double({ noNaN: true }),
  fc.string({ maxLength: 20 }),
  fc.array(fc.integer(), { maxLength: 4 }),
);

/** Values that cost little, for options that say how much is computed. */
const CHEAP: Readonly<Record<string, fc.Arbitrary<unknown>>> = Object.fromEntries(
  ['steps', 'restarts', 'queries', 'draws', 'crops', 'epsilons', 'smallest'].map((name) => [
    name,
    fc.constantFrom<unknown>(0, 1, 2, -1, '1', null, [1], false),
  ]),
);

/** An object with some of the options of a route, other fields, and perhaps images. */
function options(route: Route, image: string): fc.Arbitrary<Record<string, unknown>> {
  const known = Object.fromEntries(Object.keys(route.options.properties).map((name) => [name, CHEAP[name] ?? scalar]));
  const images = {
    image: fc.constantFrom<unknown>(image, image.slice(0, 60), 'data:image/png;base64,', 7),
    images: fc.constantFrom<unknown>([image], [image, image], [], [1]),
  };
  const fields = {
    ...known,
    ...(route.body === 'images' ? images : {}),
    inputs: fc.constantFrom<unknown>(image, [image], [], 3),
    input: fc.constantFrom<unknown>(image, []),
  };
  return fc
    .record(fields, { requiredKeys: [] })
    .chain((some) =>
      route.body === 'images' ? fc.record({ image: images.image }, { requiredKeys: ['image'] }).map((one) => ({ ...some, ...one })) : fc.constant(some),
    );
}

/** Damages some bytes: one is changed, the end is cut off, or something is put in. */
function damaged(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.nat(Math.max(1, bytes.length) - 1), fc.nat(255), fc.constantFrom('change', 'cut', 'insert', 'keep')).map(([at, value, how]) => {
    const result = Uint8Array.from(bytes);
    if (how === 'change') result[at] = value;
    if (how === 'insert') return Uint8Array.from([...result.subarray(0, at), value, value, ...result.subarray(at)]);
    return how === 'cut' ? result.subarray(0, at) : result;
  });
}

/** An Open Inference request with a binary tensor, its lengths perhaps wrong. */
const tensorRequest = fc
  .record({
    height: fc.constantFrom(16, 15, 0, -1, 1e9),
    datatype: fc.constantFrom('FP32', 'UINT8', 'BYTES', 'FP16', 'x'),
    bytes: fc.constantFrom(0, 768, 3072, 7),
    off: fc.constantFrom(0, 1, -1, 1000),
  })
  .map(({ height, datatype, bytes, off }) => {
    const json = text(JSON.stringify({ inputs: [{ name: 'image', datatype, shape: [1, 3, 16, height], parameters: { binary_data_size: bytes } }] }));
    return { length: String(json.length + off), body: Uint8Array.from([...json, ...new Uint8Array(bytes)]) };
  });

const method = fc.constantFrom('GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH');

/** `png` is a whole image. */
export function fuzzCase(png: Uint8Array): fc.Arbitrary<FuzzCase> {
  const image = Buffer.from(png).toString('base64');
  const own = fc.constantFrom(...routes.entries.filter(({ name }) => name !== 'audit_events')).chain((route) => {
    const path = word.map((part) => route.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(part) || 'tiny'));
    const usual = fc.constant(route.method.toUpperCase());
    const json = options(route, image).map((value) => text(JSON.stringify(value)));
    const bodies = fc.oneof(
      { weight: 6, arbitrary: json.map((body) => ({ type: 'application/json', body })) },
      { weight: 2, arbitrary: json.chain(damaged).map((body) => ({ type: 'application/json', body })) },
      { weight: 1, arbitrary: fc.json().map((value) => ({ type: 'application/json', body: text(value) })) },
      { weight: 2, arbitrary: damaged(png).map((body) => ({ type: 'image/png', body })) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((body) => ({ type: 'application/octet-stream', body })) },
      {
        weight: 1,
        arbitrary: damaged(text(`\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 16, 16), }`.padEnd(128))).map((body) => ({
          type: 'application/x-npy',
          body,
        })),
      },
      {
        weight: 1,
        arbitrary: damaged(text('--b\r\ncontent-disposition: form-data; name="image"; filename="x"\r\n\r\nhello\r\n--b--\r\n')).map((body) => ({
          type: 'multipart/form-data; boundary=b',
          body,
        })),
      },
      { weight: 1, arbitrary: fc.tuple(word, fc.uint8Array({ maxLength: 60 })).map(([type, body]) => ({ type, body })) },
    );
    const query = fc.oneof(
      { weight: 4, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.dictionary(word, word, { maxKeys: 3 }).map((some) => `?${new URLSearchParams(some).toString()}`) },
      { weight: 1, arbitrary: word.map((value) => `?${Object.keys(route.options.properties)[0] ?? 'x'}=${encodeURIComponent(value)}`) },
    );
    return fc
      .record({
        method: fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: method }),
        path,
        query,
        sent: bodies,
        encoding: fc.constantFrom(null, null, null, 'gzip', 'br', 'x'),
      })
      .map((one) => ({
        ...one,
        path: one.path + one.query,
        headers: { 'content-type': one.sent.type, ...(one.encoding === null ? {} : { 'content-encoding': one.encoding }) },
        body: one.sent.body,
      }));
  });
  const oip = tensorRequest.map(({ length, body }) => ({
    method: 'POST',
    path: '/v2/models/tiny/infer',
    headers: { 'inference-header-content-length': length },
    body,
  }));
  const anywhere = fc.record({
    method,
    path: word.map((part) => `/${part.replaceAll(' ', '%20')}`),
    headers: fc.record({ 'x-request-timeout-ms': word.map((part) => part.trim() || '1'), 'x-request-id': word.map((part) => part.trim() || 'x') }),
    body: fc.uint8Array({ maxLength: 30 }),
  });
  return fc
    .oneof({ weight: 12, arbitrary: own }, { weight: 2, arbitrary: oip }, { weight: 1, arbitrary: anywhere })
    .map(({ method: verb, path, headers, body }) => ({
      method: verb,
      path,
      headers,
      body: verb === 'GET' || verb === 'HEAD' ? null : body,
    }));
}
