/** @file Inference requests of the Open Inference Protocol with made-up 8-bit images, as clients send them. */
import { encodePng } from '@robenc/shared/images/decode.js';
import { Random } from '@robenc/shared/math/random.js';

/** `json` has FP32 pixels as decimal numbers, `json-uint8` whole ones from 0 to 255; `png` is one file and nothing else. */
export type Form = 'binary' | 'json' | 'json-uint8' | 'png';

export interface Payload {
  readonly form: Form;
  /** Images of one request. */
  readonly items: number;
  /** Sides of an image. */
  readonly side: number;
}

/** Headers and body of a request, for the logits where the form can say so. */
export async function payloadOf({ form, items, side }: Payload): Promise<{ readonly headers: Record<string, string>; readonly body: Buffer }> {
  const random = new Random(items, 'bench images');
  const levels = Uint8Array.from({ length: items * 3 * side * side }, () => random.integer(256));
  if (form === 'png') return { headers: { 'content-type': 'image/png' }, body: Buffer.from(await encodePng({ width: side, height: side, data: levels })) };
  const shape = [items, 3, side, side];
  if (form !== 'binary') {
    // Four decimals are what 8 bits are worth.
    const data = form === 'json' ? Array.from(levels, (level) => Number((level / 255).toFixed(4))) : Array.from(levels);
    const inputs = [{ name: 'image', shape, datatype: form === 'json' ? 'FP32' : 'UINT8', data }];
    return { headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ inputs, outputs: [{ name: 'logits' }] })) };
  }
  const pixels = Buffer.from(Float32Array.from(levels, (level) => level / 255).buffer);
  const inputs = [{ name: 'image', shape, datatype: 'FP32', parameters: { binary_data_size: pixels.length } }];
  const head = Buffer.from(JSON.stringify({ inputs, outputs: [{ name: 'logits', parameters: { binary_data: true } }] }));
  return {
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(head.length) },
    body: Buffer.concat([head, pixels]),
  };
}
