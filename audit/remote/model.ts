/** @file A classifier that another server holds: images in, logits out, nothing more. */
import { Type } from '@sinclair/typebox';
import { createHash } from 'node:crypto';
import type { Batch } from '@robenc/shared/attacks/attack.js';
import { gather, imageSize } from '@robenc/shared/attacks/batch.js';
import { check } from '@robenc/shared/config/check.js';
import { RobencError } from '@robenc/shared/errors.js';
import { readNpy, writeNpy } from '@robenc/shared/images/npy.js';
import type { SizePolicy } from '@robenc/shared/images/fit.js';
import { readAddress } from './address.js';
import { Client, type ClientOptions } from './client.js';

export interface RemoteModel {
  readonly kind: 'remote';
  /** name@version, which every request names, so that a new version on the server changes nothing. */
  readonly id: string;
  readonly address: string;
  /** SHA-256 of the model, as the server tells it. */
  readonly sha256: string;
  readonly classes: readonly string[];
  readonly input: { readonly height: number; readonly width: number; readonly fit: Exclude<SizePolicy['fit'], 'exact'> };
  /** Logits [count, classes]. Pixels beyond [0,1], as noise makes them, are cut: a server takes images, and the cut is part of the classifier then. */
  forward(x: Batch): Promise<Float32Array>;
}

export function isRemote(model: object): model is RemoteModel {
  return 'kind' in model && model.kind === 'remote';
}

/** What is read of GET /v1/models; a server may tell more. */
const Listed = Type.Object({
  data: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      latest: Type.Boolean(),
      digest: Type.String(),
      classes: Type.Array(Type.String(), { minItems: 2 }),
      input: Type.Object({
        height: Type.Integer({ minimum: 1 }),
        width: Type.Integer({ minimum: 1 }),
        fit: Type.Union([Type.Literal('cover'), Type.Literal('contain'), Type.Literal('stretch')]),
      }),
    }),
  ),
});

/** Images and bytes of one request: less than every server takes unless it was told otherwise. */
const [IMAGES, BYTES] = [16, 4 * 1024 * 1024];

/** Asks the server what it serves. Throws `usage`, `not-found` or `unavailable`, naming the address. */
export async function openRemote(text: string, options: ClientOptions): Promise<RemoteModel> {
  const { base, model: wanted } = readAddress(text);
  const client = new Client(options);
  const { data } = check(Listed, await jsonOf(await client.ask(`${base}/v1/models`), base), `${base}/v1/models`, { code: 'unsupported' });
  const found = wanted === null && data.length === 1 ? data[0] : data.find(({ id, name, latest }) => id === wanted || (name === wanted && latest));
  if (found === undefined)
    throw new RobencError('not-found', `${base} serves ${data.map(({ id }) => id).join(', ') || 'no model'}. Name one as in ${base}/v1/classify?model=name.`, {
      field: 'model',
    });
  const { id, digest, classes, input } = found;
  const url = `${base}/v1/classify?model=${encodeURIComponent(id)}`;
  const headers = { 'content-type': 'application/x-npy', accept: 'application/x-npy' };
  const ask = async (x: Batch): Promise<Float32Array> => {
    const pixels = x.data.map((value) => Math.min(Math.max(value, 0), 1));
    const response = await client.ask(url, { body: new Uint8Array(writeNpy([x.count, ...x.shape], pixels)), headers });
    const answer = readNpy(new Uint8Array(await response.arrayBuffer()));
    if (answer.shape[0] !== x.count || answer.shape[1] !== classes.length || !(answer.data instanceof Float32Array))
      throw new RobencError(
        'unsupported',
        `${url} answered ${answer.dtype} [${answer.shape.join(',')}] to ${x.count} images; logits float32 [${x.count},${classes.length}] are needed.`,
      );
    return answer.data;
  };
  return {
    kind: 'remote',
    id,
    address: url,
    sha256: /^(?:sha256:)?([0-9a-f]{64})$/.exec(digest)?.[1] ?? createHash('sha256').update(digest).digest('hex'),
    classes,
    input,
    async forward(x) {
      const most = Math.max(1, Math.min(IMAGES, Math.floor(BYTES / (4 * imageSize(x)))));
      const logits = new Float32Array(x.count * classes.length);
      for (let start = 0; start < x.count; start += most) {
        const rows = Array.from({ length: Math.min(most, x.count - start) }, (_, i) => start + i);
        logits.set(await ask(gather(x, rows)), start * classes.length);
      }
      return logits;
    },
  };
}

async function jsonOf(response: Response, base: string): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new RobencError('unsupported', `${base}/v1/models did not answer in JSON, so this is no robenc server.`, { cause, field: 'model' });
  }
}
