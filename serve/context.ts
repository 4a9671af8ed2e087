/** @file What a route gets to work with, made for one request; `close` gives back what it took. */
import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RobencError } from '@robenc/shared/errors.js';
import type { Keyring } from './access/keyring.js';
import type { Rates } from './access/rates.js';
import type { Audits } from './auditing/audits.js';
import type { Admission } from './batching/admission.js';
import type { Compute } from './engine/compute.js';
import type { Engine } from './engine/engine.js';
import { sizePolicyOf } from './engine/model.js';
import { ApiError, DeadlineExceeded } from './errors.js';
import type { Exchange } from './http/exchange.js';
import type { PreparedImage } from './images/recipe.js';
import { tensorImages } from './input/tensor-images.js';
import type { Limits } from './limits.js';
import type { Metrics } from './observability/metrics.js';
import type { Tracing } from './observability/tracing.js';
import { routes } from './routes/index.js';
import type { RouteContext } from './routes/route.js';

/** What all requests share. */
export interface Shared {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly admission: Admission;
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

export function openContext(
  shared: Shared,
  exchange: Exchange,
  request: IncomingMessage,
  response: ServerResponse,
): { context: RouteContext; close: () => void } {
  const { engine, limits, metrics, stopping, admission, keys, audits } = shared;
  const route = exchange.match!.route;
  const over = new AbortController();
  // One request may wait for many pieces of work.
  setMaxListeners(0, over.signal);
  const leave = () => {
    if (response.writableFinished) return;
    if (route.computes && !over.signal.aborted) metrics.workDropped('gone');
    over.abort();
  };
  response.on('close', leave);
  const expire = (ms: number) => () => {
    metrics.workDropped('expired');
    over.abort(new DeadlineExceeded(ms));
  };
  let timer: NodeJS.Timeout | undefined;
  const setDeadline = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(expire(ms), ms);
  };
  if (route.computes) setDeadline(deadlineOf(request, limits.timeoutMs));
  const releases: (() => void)[] = [];
  let compute: Compute = engine.dispatcher;
  const context: RouteContext = {
    engine,
    routes: routes.entries,
    limits,
    metrics,
    keys,
    audits,
    exchange,
    request,
    requestId: exchange.id,
    signal: over.signal,
    draining: stopping.aborted,
    stopping,
    setDeadline: (ms) => setDeadline(Math.min(ms, limits.timeoutMs)),
    call: (lane = 'interactive') => ({ compute: lane === 'interactive' ? compute : engine.dispatcher, signal: over.signal, lane, report: exchange.report }),
    model(reference) {
      const lease = engine.models.lease(reference, exchange.id);
      releases.push(() => lease.release());
      const { model, shadow } = lease;
      if (shadow !== null) compute = engine.shadows.beside(model, shadow);
      exchange.model = { id: model.id, digest: model.digest, device: engine.deviceOf(model) };
      return model;
    },
    takeRoom(rows) {
      exchange.images = Math.max(exchange.images, rows);
      exchange.stay ??= admission.enter(0, engine.dispatcher.retryAfterMs);
      exchange.stay.resize(rows);
    },
    prepareFile: (model) => (bytes, crops) =>
      engine.preparer.prepare(bytes, { policy: sizePolicyOf(model), maxPixels: limits.maxPixels, crops }, { signal: over.signal }),
    async prepare(model, { images, list, tensor }, crops = null) {
      const count = tensor === null ? images.length : (tensor.shape[0] ?? 0);
      if (count === 0)
        throw new ApiError('bad_input', 'image is missing.', {
          field: 'image',
          remedy: 'Send {"image": base64}, {"images": [base64, ...]}, a form with a file named "image", or the bytes themselves.',
        });
      const most = Math.min(route.images, limits.maxImages);
      if (count > most)
        throw new ApiError('too_large', `${count} images were sent; at most ${most} are allowed in one request to ${route.path}.`, {
          field: 'images',
          remedy: 'Send several requests.',
        });
      context.takeRoom(count * (crops?.count ?? 1));
      exchange.images = count;
      if (tensor !== null) return tensorImages(tensor, model, crops);
      const recipe = { policy: sizePolicyOf(model), maxPixels: limits.maxPixels, crops };
      return await allPrepared(
        images.map((bytes) => engine.preparer.prepare(bytes, recipe, { signal: over.signal })),
        list,
      );
    },
  };
  return {
    context,
    close() {
      clearTimeout(timer);
      response.off('close', leave);
      for (const release of releases) release();
    },
  };
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
async function allPrepared(pending: readonly Promise<PreparedImage>[], list: boolean): Promise<readonly PreparedImage[]> {
  const settled = await Promise.allSettled(pending);
  return settled.map((result, i) => {
    if (result.status === 'fulfilled') return result.value;
    const cause: unknown = result.reason;
    if (cause instanceof RobencError && cause.code !== 'cancelled' && cause.code !== 'unavailable')
      throw new ApiError('bad_image', cause.message, { field: list ? `images[${i}]` : 'image', cause });
    throw cause;
  });
}
