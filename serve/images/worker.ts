/** @file The thread that decodes, resizes and crops, so that a large photograph never holds up the HTTP thread. */
import { serveThread } from '@robenc/shared/runtime/thread-side.js';
import { prepareImage } from './prepare.js';
import type { Recipe } from './recipe.js';

export interface PrepareRequest {
  readonly bytes: Uint8Array;
  readonly recipe: Recipe;
  readonly limitMs: number;
}

serveThread(
  {
    /** Answers once this code is there. */
    load: async () => ({ value: null }),
    async prepare({ bytes, recipe, limitMs }: PrepareRequest) {
      const value = await prepareImage(bytes, recipe, { seconds: limitMs === Infinity ? 0 : Math.ceil(limitMs / 1000) });
      return { value, transfer: [value.data.buffer as ArrayBuffer] };
    },
  },
  async () => undefined,
);
