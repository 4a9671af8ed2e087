/** @file The validation of a run: its encoder at a state, on the images that were opened for it. */
import { availableParallelism } from 'node:os';
import type { TrainingState } from '../engines/engine.js';
import { encoderOf } from '../optimizers/average.js';
import { encoderGraph } from '../run/encoder.js';
import type { Validator } from '../run/loop.js';
import type { Plan } from '../run/plan.js';
import type { Moment } from './cadence.js';
import type { ValidationData } from './data.js';
import { validate } from './validation.js';

export interface ValidatorOptions {
  /** That of the engine. */
  readonly device: string;
  readonly signal: AbortSignal;
  /** The last validation of an earlier start. */
  readonly before: Moment | undefined;
}

/** A running average is what counts, where there is one. */
export function validatorOf({ run, spec }: Plan, data: ValidationData, { device, signal, before }: ValidatorOptions): Validator {
  const settings = run.validation!;
  return {
    settings,
    before: before ?? { step: 0, seconds: 0 },
    async run(state: TrainingState) {
      const encoder = await encoderGraph(spec.encoder, encoderOf(state), run.data.size);
      const workers = run.engine.threads ?? availableParallelism();
      // Two threads on WebGPU at once crash, and the engine has one.
      return validate({ encoder, ...data, settings, seed: run.seed, workers, device: device === 'cuda' ? 'cuda' : 'cpu', signal });
    },
  };
}
