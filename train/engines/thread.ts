/** @file An engine in a worker thread, with the interface of an engine. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunConfig } from '@robenc/shared/config/run.js';
import { Thread } from '@robenc/shared/runtime/thread.js';
import type { Engine, EngineOptions, StepMetrics, TrainingState } from './engine.js';
import type { OpenEngine } from './engine-thread.js';

/** Opens the engine that the run names in a thread of its own. The views of a batch are handed over to it, not copied. */
export async function openEngineThread(run: RunConfig, initial: TrainingState, options: EngineOptions = {}): Promise<Engine> {
  const module = new URL(`./engine-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
  const thread = new Thread(module, `the thread that trains ${run.name}`);
  try {
    const request: OpenEngine = { run, initial, options };
    const opened = await thread.call<Pick<Engine, 'name' | 'device' | 'notice'>>('open', request);
    return {
      ...opened,
      step: (batch, learningRates) => thread.call<StepMetrics>('step', { batch, learningRates }, [batch.views.buffer as ArrayBuffer]),
      state: () => thread.call<TrainingState>('state', null),
      load: async (state) => thread.call('load', { state }),
      close: () => thread.close(),
    };
  } catch (error) {
    await thread.close();
    throw error;
  }
}
