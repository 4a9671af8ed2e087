/** @file What a route gets to work with, made for one request; `close` gives back what it took. A class, because functions made for every request cost it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RobencError } from '@robenc/shared/errors.js';
import type { Keyring } from './access/keyring.js';
import type { Rates } from './access/rates.js';
import type { Audits } from './auditing/audits.js';
import type { Admission } from './batching/admission.js';
import type { MemoryPool } from './batching/memory-pool.js';
import type { Lane } from './batching/queue.js';
import { Stop, type StopSignal } from './batching/stop.js';
import type { Call, Compute } from './engine/compute.js';
import type { Engine } from './engine/engine.js';
import { sizePolicyOf, type ServedModel } from './engine/model.js';
import type { Lease } from './engine/models.js';
import { ApiError, DeadlineExceeded } from './errors.js';
import type { Exchange } from './http/exchange.js';
import type { CropRequest, PreparedImage } from './images/recipe.js';
import { tensorImages } from './input/tensor-images.js';
import type { Limits } from './limits.js';
import type { Metrics } from './observability/metrics.js';
import type { Tracing } from './observability/tracing.js';
import { routes } from './routes/index.js';
import type { Route, RouteContext, Sent } from './routes/route.js';

/** What all requests share. */
export interface Shared {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly admission: Admission;
  /** Where bodies are read to. */
  readonly bodies: MemoryPool;
  readonly metrics: Metrics;
  readonly keys: Keyring;
  /** Null where the server does not audit. */
  readonly audits: Audits | null;
  /** Null where no collector is named. */
  readonly tracing: Tracing | null;
  readonly rates: Rates;
  /** Origins whose scripts may read answers; null: none. */
  readonly cors: readonly string[] | null;
  /** Fires when the server was asked to stop. */
  readonly stopping: AbortSignal;
}

/** One request's own. */
export class RequestContext implements RouteContext {
  readonly engine: Engine;
  readonly routes = routes.entries;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly keys: Keyring;
  readonly audits: Audits | null;
  readonly exchange: Exchange;
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly signal: StopSignal;
  readonly draining: boolean;
  readonly stopping: AbortSignal;
  readonly #admission: Admission;
  readonly #bodies: MemoryPool;
  #memory: ArrayBuffer[] = [];
  #shadowed = false;
  readonly #response: ServerResponse;
  readonly #route: Route;
  readonly #over = new Stop();
  readonly #leases: Lease[] = [];
  #timer: NodeJS.Timeout | undefined;
  #compute: Compute;

  constructor(shared: Shared, exchange: Exchange, request: IncomingMessage, response: ServerResponse) {
    this.engine = shared.engine;
    this.limits = shared.limits;
    this.metrics = shared.metrics;
    this.keys = shared.keys;
    this.audits = shared.audits;
    this.stopping = shared.stopping;
    this.draining = shared.stopping.aborted;
    this.exchange = exchange;
    this.request = request;
    this.requestId = exchange.id;
    this.signal = this.#over;
    this.#admission = shared.admission;
    this.#bodies = shared.bodies;
    this.#response = response;
    this.#route = exchange.match!.route;
    this.#compute = shared.engine.dispatcher;
    if (this.#route.computes) this.#setDeadline(deadlineOf(request, shared.limits.timeoutMs));
  }

  setDeadline(ms: number): void {
    this.#setDeadline(Math.min(ms, this.limits.timeoutMs));
  }

  call(lane: Lane = 'interactive'): Call {
    return { compute: lane === 'interactive' ? this.#compute : this.engine.dispatcher, signal: this.signal, lane, report: this.exchange.report };
  }

  model(reference: string | undefined): ServedModel {
    const lease = this.engine.models.lease(reference, this.exchange.id);
    this.#leases.push(lease);
    const { model, shadow } = lease;
    if (shadow !== null) {
      this.#compute = this.engine.shadows.beside(model, shadow);
      // The shadow looks at the same pixels later.
      this.#shadowed = true;
    }
    this.exchange.model = { id: model.id, digest: model.digest, device: this.engine.deviceOf(model) };
    return model;
  }

  takeRoom(rows: number): void {
    const { exchange } = this;
    exchange.images = Math.max(exchange.images, rows);
    exchange.stay ??= this.#admission.enter(0, this.engine.dispatcher.retryAfterMs);
    exchange.stay.resize(rows);
  }

  prepareFile(model: ServedModel): (bytes: Uint8Array, crops: CropRequest | null) => Promise<PreparedImage> {
    return (bytes, crops) => this.#prepareFile(bytes, model, crops);
  }

  async prepare(model: ServedModel, { images, list, tensor, nameOf }: Sent, crops: CropRequest | null = null): Promise<readonly PreparedImage[]> {
    const count = tensor === null ? images.length : (tensor.shape[0] ?? 0);
    if (count === 0 && tensor !== null) throw new ApiError('bad_input', `The array [${tensor.shape.join(',')}] holds no image.`, { field: 'tensor' });
    if (count === 0)
      throw new ApiError('bad_input', 'image is missing.', {
        field: 'image',
        remedy: 'Send {"image": base64}, {"images": [base64, ...]}, a form with a file named "image", or the bytes themselves.',
      });
    const most = Math.min(this.#route.images, this.limits.maxImages);
    if (count > most)
      throw new ApiError('too_large', `${count} images were sent; at most ${most} are allowed in one request to ${this.#route.path}.`, {
        field: 'images',
        remedy: 'Send several requests.',
      });
    this.takeRoom(count * (crops?.count ?? 1));
    this.exchange.images = count;
    if (tensor !== null) return tensorImages(tensor, model, crops);
    return await allPrepared(
      images.map((bytes) => this.#prepareFile(bytes, model, crops)),
      nameOf ?? (list ? (i) => `images[${i}]` : () => 'image'),
    );
  }

  /** The connection was closed: before the answer was out, the client has gone. */
  left(): void {
    if (this.#response.writableFinished) return;
    if (this.#route.computes && !this.signal.aborted) this.metrics.workDropped('gone');
    this.#over.abort();
  }

  takeMemory(bytes: number): ArrayBuffer {
    const memory = this.#bodies.take(bytes);
    this.#memory.push(memory);
    return memory;
  }

  /** Gives back what it took. Memory only when all is `done`: of a request that failed, other parts may still be at work on it. */
  close(done: boolean): void {
    if (done && !this.#shadowed) for (const memory of this.#memory) this.#bodies.give(memory);
    this.#memory = [];
    clearTimeout(this.#timer);
    for (const lease of this.#leases) lease.release();
  }

  #prepareFile(bytes: Uint8Array, model: ServedModel, crops: CropRequest | null): Promise<PreparedImage> {
    return this.engine.preparer.prepare(bytes, { policy: sizePolicyOf(model), maxPixels: this.limits.maxPixels, crops }, { signal: this.signal });
  }

  #setDeadline(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.metrics.workDropped('expired');
      this.#over.abort(new DeadlineExceeded(ms));
    }, ms);
  }
}

/** The time that a client gives, at most the server's. Throws `bad_input`. */
function deadlineOf({ headers }: IncomingMessage, most: number): number {
  const text = headers['x-request-timeout-ms'];
  if (text === undefined) return most;
  const ms = Number(text);
  if (!Number.isInteger(ms) || ms < 1)
    throw new ApiError('bad_input', `The header X-Request-Timeout-Ms is "${String(text).slice(0, 40)}"; it must be a whole number of milliseconds.`, {
      field: 'x-request-timeout-ms',
    });
  return Math.min(ms, most);
}

/** All images, or the first failure under the name of its field; by then no image of this request is in work any more. */
async function allPrepared(pending: readonly Promise<PreparedImage>[], nameOf: (index: number) => string): Promise<readonly PreparedImage[]> {
  const settled = await Promise.allSettled(pending);
  return settled.map((result, i) => {
    if (result.status === 'fulfilled') return result.value;
    const cause: unknown = result.reason;
    if (cause instanceof RobencError && cause.code !== 'cancelled' && cause.code !== 'unavailable')
      throw new ApiError('bad_image', cause.message, { field: nameOf(i), cause });
    throw cause;
  });
}
