/** @file The thread that decodes, resizes and crops, so that a large photograph never holds up the HTTP thread. */
import { serveThread } from '@robenc/shared/runtime/thread-side.js';
import { prepareImage } from './prepare.js';
import type { Recipe } from './recipe.js';

export interface PrepareRequest {
  readonly bytes: Uint8Array;
  readonly recipe: Recipe;
}

serveThread(
  {
    async prepare({ bytes, recipe }: PrepareRequest) {
      const value = await prepareImage(bytes, recipe);
      return { value, transfer: [value.data.buffer as ArrayBuffer] };
    },
  },
  async () => undefined,
);
