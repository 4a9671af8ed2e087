/** @file Answers inference requests of the Open Inference Protocol: `image` in, `embedding` and `logits` out. */
import type { TensorData } from '@robenc/shared/graph/value.js';
import { classifyImages, topPredictions } from '../engine/classify.js';
import { embedImages } from '../engine/embed.js';
import type { ServedModel } from '../engine/model.js';
import { Reply } from '../http/reply.js';
import { imageBytes } from '../input/base64.js';
import type { RouteContext, Sent } from '../routes/route.js';
import { readOipRequest, type OipOutputRequest, type OipRequest } from './oip-request.js';
import { bad, byteStrings, numbersOf, writeByteStrings, type OipTensor } from './oip-tensors.js';

/** The outputs that a model has here. */
export function outputNames({ graphs }: ServedModel): ('embedding' | 'logits')[] {
  return [...(graphs.encoder === undefined ? [] : (['embedding'] as const)), ...(graphs.classifier === undefined ? [] : (['logits'] as const))];
}

/** `raw` is the body; a header length of 0 means that it is the bytes of one image and nothing else. */
export async function inferOip(model: ServedModel, raw: Buffer, context: RouteContext): Promise<Reply> {
  const header = context.request.headers['inference-header-content-length'];
  const length = typeof header === 'string' ? header : undefined;
  const request = length === '0' ? bareImage(model, raw) : readOipRequest(raw, length, (bytes) => context.takeMemory(bytes));
  if (request.timeoutUs !== null && request.timeoutUs > 0) context.setDeadline(request.timeoutUs / 1000);
  const wanted = request.outputs ?? outputNames(model).map((name) => ({ name, binary: false, classification: null }));
  for (const { name } of wanted)
    if (!outputNames(model).some((other) => other === name))
      throw bad(`The model ${model.id} has no output "${name.slice(0, 100)}". It has: ${outputNames(model).join(', ')}.`, 'outputs');
  const images = await context.prepare(model, sentImages(request));
  const call = context.call(request.priority > 1 ? 'background' : 'interactive');
  const rows = await Promise.all(wanted.map(({ name }) => (name === 'embedding' ? embedImages(model, images, call) : classifyImages(model, images, call))));
  return answer(model, request, wanted, rows, context.requestId);
}

/** The body is pixels where its size says so, and else an image file. */
function bareImage({ input }: ServedModel, raw: Buffer): OipRequest {
  const size = 3 * input.height * input.width;
  const form = raw.length === 4 * size ? 'FP32' : raw.length === size ? 'UINT8' : 'BYTES';
  const length = Buffer.alloc(4);
  length.writeUInt32LE(raw.length);
  const tensor: OipTensor = {
    name: 'image',
    shape: form === 'BYTES' ? [1] : [1, 3, input.height, input.width],
    datatype: form,
    parameters: {},
    bytes: form === 'BYTES' ? Buffer.concat([length, raw]) : raw,
    values: null,
  };
  return { id: null, inputs: [tensor], outputs: null, binaryOutputs: true, timeoutUs: null, priority: 0 };
}

function sentImages({ inputs }: OipRequest): Sent {
  const [input, ...others] = inputs;
  const stranger = inputs.find(({ name }) => name !== 'image') ?? others[0];
  if (stranger !== undefined)
    throw bad(`There is one input, "image"; the request has ${inputs.map(({ name }) => `"${name.slice(0, 60)}"`).join(', ')}.`, 'inputs');
  const { shape, datatype, bytes, values } = input!;
  const count = shape.reduce((product, size) => product * size, 1);
  if (datatype === 'BYTES') {
    if (shape.length > 2 || (shape.length === 2 && shape[1] !== 1)) throw bad(`Image files have the shape [n] or [n,1], not [${shape.join(',')}].`, 'image');
    const images = bytes !== null ? byteStrings('image', bytes, count) : Array.from(values!, (text: unknown, i) => imageBytes(text, `image[${i}]`));
    return { images, list: true, tensor: null, nameOf: (i) => `image[${i}]` };
  }
  if (datatype !== 'FP32' && datatype !== 'UINT8') throw bad(`"image" is FP32, UINT8, or BYTES (image files), not ${datatype}.`, 'image');
  const data = numbersOf(input!, count);
  const tensor: TensorData = { dtype: datatype === 'UINT8' ? 'uint8' : 'float32', shape, data };
  return { images: [], list: true, tensor };
}

function answer(
  model: ServedModel,
  request: OipRequest,
  wanted: readonly OipOutputRequest[],
  rows: readonly (readonly Float32Array[])[],
  requestId: string,
): Reply {
  const binary: Uint8Array[] = [];
  const outputs = wanted.map(({ name, binary: asBytes, classification }, i) => {
    const values = rows[i]!;
    const bytes = asBytes || request.binaryOutputs;
    if (classification !== null && name === 'logits') {
      const count = Math.min(classification, model.classes.length);
      const texts = values.flatMap((logits) => topPredictions(model, logits, count).map(({ index, label }) => `${logits[index]}:${index}:${label}`));
      const shape = [values.length, count];
      return bytes ? { name, shape, datatype: 'BYTES', parameters: attach(writeByteStrings(texts), binary) } : { name, shape, datatype: 'BYTES', data: texts };
    }
    const width = values[0]!.length;
    const flat = new Float32Array(values.length * width);
    values.forEach((row, at) => flat.set(row, at * width));
    const shape = [values.length, width];
    return bytes
      ? { name, shape, datatype: 'FP32', parameters: attach(new Uint8Array(flat.buffer), binary) }
      : { name, shape, datatype: 'FP32', data: Array.from(flat) };
  });
  const json = JSON.stringify({ model_name: model.name, model_version: model.version, id: request.id ?? requestId, outputs });
  if (binary.length === 0) return new Reply(json, { type: 'application/json' });
  const head = Buffer.from(json);
  return new Reply(Buffer.concat([head, ...binary]), {
    type: 'application/octet-stream',
    headers: { 'inference-header-content-length': String(head.length) },
  });
}

/** Adds bytes to those behind the JSON, and gives what the JSON says of them. */
function attach(bytes: Uint8Array, binary: Uint8Array[]): { binary_data_size: number } {
  binary.push(bytes);
  return { binary_data_size: bytes.length };
}
