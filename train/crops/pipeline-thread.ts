/** @file Inside of the thread that renders views. */
import { RobencError } from '@robenc/shared/errors.js';
import { serveThread } from '@robenc/shared/runtime/thread-side.js';
import { renderBatch } from './batch.js';
import type { RenderRequest, RenderSetup } from './pipeline.js';

let setup: RenderSetup | null = null;

serveThread(
  {
    open(given: RenderSetup) {
      setup = given;
      return Promise.resolve({ value: null });
    },
    render({ indices, epoch }: RenderRequest) {
      if (setup === null) return Promise.reject(new RobencError('usage', 'The thread that renders views was given no images: call open first.'));
      const views = renderBatch(setup.set, indices, { ...setup.settings, epoch });
      return Promise.resolve({ value: views, transfer: [views.buffer as ArrayBuffer] });
    },
  },
  () => Promise.resolve(),
);
