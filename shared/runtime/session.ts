/** @file Runs a model with ONNX Runtime on the thread that calls. The only file that imports onnxruntime-node. A run blocks its thread: see worker-session.ts. */
import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-node';
import { messageOf, RobencError } from '../errors.js';
import type { TensorData, TypedArray } from '../graph/value.js';
import { ARRAYS, isDType } from '../proto/dtypes.js';
import { copyOf, memoryOf } from './copy.js';
import { candidates, type Device } from './devices.js';
import { checkModelFile, closedError, loadFailure, runFailure, shorten } from './failures.js';
import { checkFeeds, checkOutputs } from './feeds.js';
import type { DeviceName, PortInfo, RunOptions, Session, SessionOptions, Tensors } from './types.js';

// Fatal messages only: every failure is thrown, and shown once, by us.
ort.env.logLevel = 'fatal';

/**
 * Opens a model from its bytes or its path (a path is needed where parameters lie in files beside it).
 * Throws `not-found`, `bad-file` or `unsupported` for the file, `unavailable` for a device that does not work when `strict`.
 */
export async function openSession(model: Uint8Array | string, { device = 'cpu', threads, strict = false }: SessionOptions = {}): Promise<Session> {
  const name = typeof model === 'string' ? model : 'The model';
  if (typeof model === 'string') checkModelFile(model);
  const failures: string[] = [];
  for (const candidate of candidates(device)) {
    try {
      const session = await create(model, candidate, threads ?? availableParallelism());
      const notice = failures.length === 0 || device === 'auto' ? null : `${failures.join(' ')} Using the CPU instead.`;
      return new DirectSession(session, name, candidate.name, notice);
    } catch (cause) {
      if (cause instanceof RobencError) throw cause;
      if (candidate.name === 'cpu') throw loadFailure(cause, name);
      const failure = `The device ${candidate.name} does not work here: ${shorten(messageOf(cause))}. ${candidate.remedy}`;
      if (strict && device !== 'auto') throw new RobencError('unavailable', failure, { cause, field: 'device' });
      failures.push(failure);
    }
  }
  throw new Error('Unreachable: the CPU is always tried last.');
}

/** Version of ONNX Runtime itself, e.g. `1.30.0`. */
export function runtimeVersion(): string {
  return ort.env.versions.node ?? ort.env.versions.common;
}

/** The devices whose provider this build of onnxruntime-node knows; whether they work is another matter (see list-devices.ts). */
export function knownProviders(): readonly string[] {
  return ort.listSupportedBackends().map((backend) => backend.name);
}

function create(model: Uint8Array | string, device: Device, threads: number): Promise<ort.InferenceSession> {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [device.provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    // A plan of one whole block of memory would come on top of what the first run took piece by piece, and of every batch size anew: no faster, and up to twice the memory.
    enableMemPattern: false,
  };
  return typeof model === 'string' ? ort.InferenceSession.create(model, options) : ort.InferenceSession.create(model, options);
}

class DirectSession implements Session {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  readonly device: DeviceName;
  readonly notice: string | null;
  readonly #session: ort.InferenceSession;
  readonly #name: string;
  #closed = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: ort.InferenceSession, name: string, device: DeviceName, notice: string | null) {
    this.#session = session;
    this.#name = name;
    this.device = device;
    this.notice = notice;
    this.inputs = session.inputMetadata.map((port) => portOf(port, name));
    this.outputs = session.outputMetadata.map((port) => portOf(port, name));
  }

  async run(feeds: Tensors, outputs?: readonly string[], { reclaim }: RunOptions = {}): Promise<Record<string, TensorData>> {
    if (this.#closed) throw closedError(this.#name);
    checkFeeds(this.inputs, feeds, this.#name);
    const names = checkOutputs(this.outputs, outputs, this.#name);
    const running = this.#last.then(() => this.#run(feeds, names));
    this.#last = running.catch(() => undefined);
    const results = await running;
    if (reclaim !== undefined) memoryOf(feeds).forEach(reclaim);
    return results;
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#last = this.#last.then(() => this.#session.release());
    }
    await this.#last;
  }

  async #run(feeds: Tensors, outputs: readonly string[]): Promise<Record<string, TensorData>> {
    const inputs = Object.fromEntries(Object.entries(feeds).map(([name, { dtype, shape, data }]) => [name, new ort.Tensor(dtype, ownMemory(data), shape)]));
    let results;
    try {
      results = await this.#session.run(inputs, outputs);
    } catch (cause) {
      throw runFailure(cause, this.#name);
    }
    return Object.fromEntries(this.outputs.filter(({ name }) => name in results).map((port) => [port.name, dataOf(port, results[port.name]!)]));
  }
}

/** ONNX Runtime reads feeds where they lie, but not in memory that is shared between threads. */
function ownMemory(data: TypedArray): TypedArray {
  return data.buffer instanceof SharedArrayBuffer ? copyOf(data) : data;
}

function portOf(port: ort.InferenceSession.ValueMetadata, model: string): PortInfo {
  const dtype = port.isTensor ? port.type : 'something other than a tensor';
  if (!port.isTensor || !isDType(port.type))
    throw new RobencError('unsupported', `${model}: "${port.name}" is ${dtype}. Inputs and outputs may be tensors of ${Object.keys(ARRAYS).join(', ')}.`, {
      field: port.name,
    });
  return { name: port.name, dtype: port.type, shape: port.shape };
}

function dataOf({ dtype }: PortInfo, tensor: ort.Tensor): TensorData {
  // float16 arrives as Float16Array where Node has one; robenc keeps its bit patterns in a Uint16Array everywhere.
  const { buffer, byteOffset } = tensor.data as Exclude<ort.Tensor['data'], string[]>;
  return { dtype, shape: tensor.dims, data: new ARRAYS[dtype](buffer, byteOffset, tensor.size) };
}
