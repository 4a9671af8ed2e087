/** @file What a route gets to work with, made for one request; `close` gives back what it took. */
import type { Response } from 'express';
import { RobencError } from '@robenc/shared/errors.js';
import type { Admission } from './batching/admission.js';
import type { Engine } from './engine/engine.js';
import { sizePolicyOf } from './engine/model.js';
import { ApiError } from './errors.js';
import type { PreparedImage } from './images/recipe.js';
import type { Limits } from './limits.js';
import { requestIdOf } from './middleware/request-id.js';
import { routes } from './routes/index.js';
import type { Route, RouteContext } from './routes/route.js';

/** What all requests share. */
export interface Shared {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly admission: Admission;
  /** Fires when the server was asked to stop. */
  readonly stopping: AbortSignal;
}

export function openContext({ engine, limits, admission, stopping }: Shared, route: Route, response: Response): { context: RouteContext; close: () => void } {
  const gone = new AbortController();
  const leave = () => {
    if (!response.writableFinished) gone.abort();
  };
  response.on('close', leave);
  const rooms: (() => void)[] = [];
  const context: RouteContext = {
    engine,
    routes: routes.entries,
    limits,
    requestId: requestIdOf(response),
    signal: gone.signal,
    draining: stopping.aborted,
    model(reference) {
      const model = engine.models.get(reference);
      response.locals['model'] = model.id;
      return model;
    },
    async prepare(model, { images, list }, crops = null) {
      if (images.length === 0)
        throw new ApiError('bad_input', 'image is missing.', {
          field: 'image',
          remedy: 'Send {"image": base64}, {"images": [base64, ...]}, a form with a file named "image", or the bytes themselves.',
        });
      if (images.length > route.images)
        throw new ApiError('too_large', `${images.length} images were sent; ${route.path} takes at most ${route.images}.`, {
          field: 'images',
          remedy: 'Send several requests.',
        });
      response.locals['images'] = images.length;
      rooms.push(admission.admit(images.length * (crops?.count ?? 1), engine.dispatcher.retryAfterMs));
      const recipe = { policy: sizePolicyOf(model), maxPixels: limits.maxPixels, crops };
      return await allPrepared(
        images.map((bytes) => engine.preparer.prepare(bytes, recipe, { signal: gone.signal })),
        list,
      );
    },
  };
  return {
    context,
    close() {
      response.off('close', leave);
      for (const giveBack of rooms) giveBack();
    },
  };
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
