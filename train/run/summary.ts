/** @file The summary of a run: how it ended and what it did. */
import type { Ending } from './loop.js';
import type { Plan } from './plan.js';

/** What a run left behind; also written as summary.json. */
export interface TrainSummary {
  readonly name: string;
  readonly folder: string;
  readonly ending: Ending;
  readonly steps: number;
  readonly stepsPlanned: number;
  readonly epochs: number;
  /** Images taken from the data set, each replay counted once more. */
  readonly imagesSeen: number;
  readonly minutes: number;
  readonly waitedForData: number;
  readonly engine: string;
  readonly device: string;
  readonly seed: number;
  readonly runDigest: string;
  /** sha256 of parameters and running statistics. */
  readonly stateDigest: string;
  readonly data: { readonly name: string; readonly images: number };
}

/** How a run went and what it went with. */
export interface Outcome {
  readonly ending: Ending;
  readonly step: number;
  readonly seconds: number;
  readonly waited: number;
  readonly planned: number;
  readonly perEpoch: number;
  readonly runDigest: string;
  readonly stateDigest: string;
  readonly engine: { readonly name: string; readonly device: string };
  readonly data: { readonly name: string; readonly images: number };
}

/** Counts in epochs, images and minutes, from what the loop counts in batches and seconds. */
export function summarize({ run, spec }: Plan, outcome: Outcome): TrainSummary {
  return {
    name: run.name,
    folder: run.out,
    ending: outcome.ending,
    steps: outcome.step,
    stepsPlanned: outcome.planned,
    epochs: outcome.step / outcome.perEpoch,
    imagesSeen: outcome.step * run.batchSize * spec.adversary.replays,
    minutes: outcome.seconds / 60,
    waitedForData: outcome.waited / 60,
    engine: outcome.engine.name,
    device: outcome.engine.device,
    seed: run.seed,
    runDigest: outcome.runDigest,
    stateDigest: outcome.stateDigest,
    data: outcome.data,
  };
}
