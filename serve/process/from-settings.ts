/** @file From settings to the options of the parts. */
import { availableParallelism } from 'node:os';
import type { EngineOptions } from '../engine/engine.js';
import type { Settings } from '../settings/settings.js';

export function engineOptions(settings: Settings): EngineOptions {
  // On a GPU one worker has the whole device, and a second one would only take its memory.
  const gpu = settings.device === 'cuda' || settings.device === 'webgpu';
  const workers = settings.workers ?? (gpu ? 1 : Math.max(1, availableParallelism() - 1));
  return {
    modelsFolder: settings.models,
    references: settings.model,
    workers,
    device: settings.device,
    batchRows: settings.batch,
    imageThreads: workers > 1 ? 2 : 1,
    canaryShare: settings.canary,
    backgroundShare: settings.backgroundShare,
    now: () => performance.now(),
  };
}
