/** @file Reading inference requests of the Open Inference Protocol v2, with the binary tensor extension. */
import { parseEnvelope } from '../input/envelope.js';
import { cutNumbers, type CutNumbers } from '../input/json-numbers.js';
import type { TakeMemory } from '../input/number-list.js';
import { bad, ELEMENT_BYTES, elementsOf, type OipTensor } from './oip-tensors.js';

export interface OipOutputRequest {
  readonly name: string;
  readonly binary: boolean;
  /** Give the best so many classes as text instead of numbers. */
  readonly classification: number | null;
}

export interface OipRequest {
  readonly id: string | null;
  readonly inputs: readonly OipTensor[];
  /** null: all. */
  readonly outputs: readonly OipOutputRequest[] | null;
  /** Whether outputs that say nothing go as bytes. */
  readonly binaryOutputs: boolean;
  /** Microseconds; null: the server's own. */
  readonly timeoutUs: number | null;
  /** 1 is the highest; 0 is none. */
  readonly priority: number;
}

/** JSON with a number for every pixel is long. */
const MOST_VALUES = 20_000_000;
const MOST_DEPTH = 12;

/** `headerLength` is the header Inference-Header-Content-Length. Long lists of numbers lie in memory that `take` gives. Throws `bad_input`. */
export function readOipRequest(body: Buffer, headerLength: string | undefined, take?: TakeMemory): OipRequest {
  const length = headerLength === undefined ? body.length : jsonLength(headerLength, body.length);
  const { id, inputs, outputs, parameters, ...others } = readJson(body.subarray(0, length), take);
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw bad(`"${unknown.slice(0, 100)}" is not known here; a request has id, inputs, outputs and parameters.`, unknown);
  if (id !== undefined && typeof id !== 'string') throw bad('id must be text.', 'id');
  if (!Array.isArray(inputs) || inputs.length === 0) throw bad('inputs must be a list of at least one tensor.', 'inputs');
  const own = objectOf(parameters ?? {}, 'parameters');
  let at = length;
  const tensors = inputs.map((input: unknown, i) => {
    const { tensor, end } = readInput(objectOf(input, `inputs[${i}]`), body, at, i);
    at = end;
    return tensor;
  });
  if (at !== body.length) throw bad(`${body.length - at} bytes of the body belong to no input.`, 'body');
  return {
    id: id ?? null,
    inputs: tensors,
    outputs: outputs === undefined ? null : readOutputs(outputs),
    binaryOutputs: flag(own, 'binary_data_output'),
    timeoutUs: whole(own, 'timeout'),
    priority: whole(own, 'priority') ?? 0,
  };
}

/** The object of a body. Numbers of an input may be a Float32Array instead of a list: where they lie in one long list and fit the input's type. */
function readJson(json: Buffer, take: TakeMemory | undefined): Record<string, unknown> {
  const cut = cutNumbers(json, take);
  if (cut !== null) {
    try {
      const rest = parseEnvelope(cut.rest, MOST_VALUES - cut.numbers.length, MOST_DEPTH);
      if (putBack(rest['inputs'], cut)) return rest;
    } catch {
      // What is wrong is told by a look at the whole, below.
    }
  }
  return parseEnvelope(json, MOST_VALUES, MOST_DEPTH);
}

/** Puts the numbers where the only empty list is. False where that is no place for them. */
function putBack(inputs: unknown, { numbers, levels }: CutNumbers): boolean {
  if (!Array.isArray(inputs)) return false;
  const input = (inputs as unknown[]).find((one) => {
    const data: unknown = (one as { data?: unknown } | null)?.data;
    return Array.isArray(data) && data.length === 0;
  }) as { data: unknown; datatype?: unknown } | undefined;
  if (input === undefined || !(input.datatype === 'FP32' || (input.datatype === 'UINT8' && levels))) return false;
  input.data = numbers;
  return true;
}

function jsonLength(header: string, bytes: number): number {
  if (!/^\d{1,12}$/.test(header) || Number(header) > bytes || Number(header) === 0)
    throw bad(`Inference-Header-Content-Length is "${header.slice(0, 40)}", and the body has ${bytes} bytes.`, 'inference-header-content-length');
  return Number(header);
}

function readInput(input: Record<string, unknown>, body: Buffer, at: number, index: number): { tensor: OipTensor; end: number } {
  const { name, datatype, data } = input;
  if (typeof name !== 'string' || name === '') throw bad(`inputs[${index}] has no name.`, `inputs[${index}]`);
  const { shape, count } = elementsOf(input['shape'], name);
  if (typeof datatype !== 'string' || (datatype !== 'BYTES' && !Object.hasOwn(ELEMENT_BYTES, datatype)))
    throw bad(`Input "${name}" has the datatype ${JSON.stringify(datatype)?.slice(0, 40)}, which the protocol does not have.`, name);
  const parameters = objectOf(input['parameters'] ?? {}, `parameters of "${name}"`);
  const size = whole(parameters, 'binary_data_size');
  if (size !== null) {
    if (data !== undefined) throw bad(`Input "${name}" has both data and binary_data_size.`, name);
    if (at + size > body.length) throw bad(`Input "${name}" says it has ${size} bytes, and ${body.length - at} are left.`, name);
    if (datatype !== 'BYTES' && size !== count * ELEMENT_BYTES[datatype]!)
      throw bad(`Input "${name}": ${datatype} [${shape.join(',')}] needs ${count * ELEMENT_BYTES[datatype]!} bytes, not ${size}.`, name);
    return { tensor: { name, shape, datatype, parameters, bytes: body.subarray(at, at + size), values: null }, end: at + size };
  }
  if (!Array.isArray(data) && !(data instanceof Float32Array)) throw bad(`Input "${name}" has no data.`, name);
  if (datatype === 'FP16') throw bad(`Input "${name}": FP16 has no form in JSON; send it as bytes, or as FP32.`, name);
  const values = Array.isArray(data) && Array.isArray(data[0]) ? (data.flat(8) as unknown[]) : data;
  if (values.length !== count) throw bad(`Input "${name}" has ${values.length} values; its shape [${shape.join(',')}] has room for ${count}.`, name);
  return { tensor: { name, shape, datatype, parameters, bytes: null, values }, end: at };
}

function readOutputs(outputs: unknown): OipOutputRequest[] {
  if (!Array.isArray(outputs) || outputs.length === 0) throw bad('outputs must be a list of at least one output, or be left out.', 'outputs');
  const read = outputs.map((output: unknown, i) => {
    const { name, parameters } = objectOf(output, `outputs[${i}]`);
    if (typeof name !== 'string') throw bad(`outputs[${i}] has no name.`, `outputs[${i}]`);
    const own = objectOf(parameters ?? {}, `parameters of "${name}"`);
    return { name, binary: flag(own, 'binary_data'), classification: whole(own, 'classification') };
  });
  if (new Set(read.map(({ name }) => name)).size !== read.length) throw bad('An output is asked for twice.', 'outputs');
  return read;
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw bad(`${what} must be an object.`, what);
  return value as Record<string, unknown>;
}

function flag(parameters: Record<string, unknown>, name: string): boolean {
  const value = parameters[name];
  if (value !== undefined && typeof value !== 'boolean') throw bad(`The parameter ${name} must be true or false.`, name);
  return value === true;
}

function whole(parameters: Record<string, unknown>, name: string): number | null {
  const value = parameters[name];
  if (value === undefined) return null;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw bad(`The parameter ${name} must be a whole number.`, name);
  return value;
}
