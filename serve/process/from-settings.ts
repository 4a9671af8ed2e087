/** @file From settings to the options of the parts. */
import { availableParallelism } from 'node:os';
import type { AuditsOptions } from '../auditing/audits.js';
import type { EngineOptions } from '../engine/engine.js';
import type { Settings } from '../settings/settings.js';

/** Null where the settings name no folder of data sets. */
export function auditsOptions(settings: Settings): Omit<AuditsOptions, 'log'> | null {
  const { auditData, audits, models, auditsRunning, auditsWaiting, auditWorkers, auditDevice } = settings;
  if (auditData === undefined) return null;
  return {
    folder: audits,
    dataFolder: auditData,
    modelsFolder: models,
    running: auditsRunning,
    waiting: auditsWaiting,
    workers: auditWorkers,
    device: auditDevice,
  };
}

/** Workers default to all cores but one, which speaks HTTP; on a GPU to one. */
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
    shadowShare: settings.shadow,
    decodeMs: settings.decodeTimeout * 1000,
    backgroundShare: settings.backgroundShare,
    now: () => performance.now(),
  };
}
