/** @file Inside a worker thread: holds one engine and takes its steps, so that the main thread stays free for progress and signals. */
import type { RunConfig } from '@robenc/shared/config/run.js';
import { serveThread } from '@robenc/shared/runtime/thread-side.js';
import { planOf } from '../run/plan.js';
import type { Batch, Engine, EngineOptions, TrainingState } from './engine.js';
import { engines } from './index.js';

export interface OpenEngine {
  readonly run: RunConfig;
  readonly initial: TrainingState;
  readonly options: EngineOptions;
}

let engine: Engine | null = null;

serveThread(
  {
    async open({ run, initial, options }: OpenEngine) {
      engine = await engines.get(run.engine.name).open(planOf(run).spec, initial, options);
      return { value: { name: engine.name, device: engine.device, notice: engine.notice } };
    },
    async step({ batch, learningRates }: { batch: Batch; learningRates: readonly number[] }) {
      return { value: await engine!.step(batch, learningRates) };
    },
    async state() {
      return { value: await engine!.state() };
    },
    async load({ state }: { state: TrainingState }) {
      await engine!.load(state);
      return { value: null };
    },
  },
  async () => engine?.close(),
);
