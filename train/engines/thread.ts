/** @file An engine in a worker thread, with the interface of an engine. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunConfig } from '@robenc/shared/config/run.js';
import { Thread } from '@robenc/shared/runtime/thread.js';
import type { Engine, EngineOptions, StepMetrics, TrainingState } from './engine.js';
import type { PreparedFacts, PrepareEngine } from './engine-thread.js';

/** An engine that is prepared in a thread of its own, with the first state of its run. */
export interface EngineThread extends PreparedFacts {
  /** Opens it, once, with that state, or with the first one of the run. */
  open(state: TrainingState | null): Promise<Engine>;
  /** Ends the thread, of an engine that was never opened too. */
  close(): Promise<void>;
}

/** Prepares the engine that the run names. The views of a batch are handed over to its thread, not copied; nor is the first state, which is made there. */
export async function prepareEngineThread(run: RunConfig, options: EngineOptions = {}): Promise<EngineThread> {
  const module = new URL(`./engine-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
  const thread = new Thread(module, `the thread that trains ${run.name}`);
  const orClose = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      await thread.close();
      throw error;
    }
  };
  const request: PrepareEngine = { run, options };
  const facts = await orClose(thread.call<PreparedFacts>('prepare', request));
  return {
    ...facts,
    close: () => thread.close(),
    async open(state) {
      const opened = await orClose(thread.call<Pick<Engine, 'name' | 'device' | 'notice'>>('open', { state }));
      return {
        ...opened,
        step: (batch, learningRates) => thread.call<StepMetrics>('step', { batch, learningRates }, [batch.views.buffer as ArrayBuffer]),
        state: () => thread.call<TrainingState>('state', null),
        load: async (next) => thread.call('load', { state: next }),
        close: () => thread.close(),
      };
    },
  };
}

/** The engine that the run names, in a thread of its own, with the state `initial`. */
export async function openEngineThread(run: RunConfig, initial: TrainingState, options: EngineOptions = {}): Promise<Engine> {
  return (await prepareEngineThread(run, options)).open(initial);
}
