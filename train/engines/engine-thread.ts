/** @file Inside a worker thread: holds one engine and takes its steps, so that the main thread stays free for progress and signals. */
import type { RunConfig } from '@robenc/shared/config/run.js';
import type { LiveMemory } from '@robenc/shared/graph/live-memory.js';
import { serveThread } from '@robenc/shared/runtime/thread-side.js';
import { firstState, planOf } from '../run/plan.js';
import { shapesOf } from './contract.js';
import type { Batch, Engine, EngineOptions, TrainingState } from './engine.js';
import { engines } from './index.js';

export interface PrepareEngine {
  readonly run: RunConfig;
  readonly options: EngineOptions;
}

/** What is known before the engine is opened. */
export interface PreparedFacts {
  readonly memory: LiveMemory | null;
  /** Bytes of parameters, statistics and slots. */
  readonly stateBytes: number;
}

let prepared: ((state: TrainingState | null) => Promise<Engine>) | null = null;
let engine: Engine | null = null;

serveThread(
  {
    async prepare({ run, options }: PrepareEngine) {
      const plan = planOf(run);
      const first = firstState(plan);
      const engineOfRun = await engines.get(run.engine.name).prepare(plan.spec, shapesOf(first), options);
      prepared = (state) => engineOfRun.open(state ?? first);
      const value: PreparedFacts = { memory: engineOfRun.memory, stateBytes: bytesOf(first) };
      return { value };
    },
    async open({ state }: { state: TrainingState | null }) {
      engine = await prepared!(state);
      // What it holds is in the session now.
      prepared = null;
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

function bytesOf({ params, encoderState, slots }: TrainingState): number {
  return [params, encoderState, slots].flatMap((group) => Object.values(group)).reduce((sum, { data }) => sum + data.byteLength, 0);
}
