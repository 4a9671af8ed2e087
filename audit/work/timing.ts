/** @file What images cost at each stage of an audit: every attack of it is made for a few steps, on images that a short attack does not break. */
import { gather } from '@robenc/shared/attacks/batch.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import type { Chunk } from './chunk.js';
import type { Costs } from './cost.js';
import { seesNoGradients, type Engine } from './engine.js';
import { pilot, PILOT_GRADIENTS, type RunAttack } from './pilot.js';
import type { CertifyOptions, WorkPlan, WorkStage } from './plan.js';
import { fewer, firstRows, GRADIENT, passesOf, secondsEach, trialOf, typical, type Part } from './trial.js';

export interface TimingOptions {
  /** Chunks that the audit works on at once. */
  readonly parallel: number;
  /** Milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

type Work = (part: Part) => Promise<unknown>;

/** Times passes over the chunks, which are given by the indices of their ranges, and each attack of the plan. */
export async function measureCosts(engine: Engine, plan: WorkPlan, chunks: ReadonlyMap<number, Chunk>, options: TimingOptions): Promise<Costs> {
  const { oracle, workers, classes } = engine;
  for (const [range, chunk] of chunks) engine.begin(chunk, `estimate-${range}`);
  const whole = [...chunks.values()].map((chunk): Part => ({ chunk, rows: [...chunk.labels.keys()] }));
  const passes = { lanes: workers, workers, now: options.now };
  // The second time counts: sessions are opened and memory is fetched in the first one.
  const twice = async (work: Work) => (await secondsEach(whole, passes, work), await secondsEach(whole, passes, work));
  const forward = await twice(({ chunk }) => oracle.forward(chunk.x));
  const gradient = seesNoGradients(plan) ? 0 : await twice(({ chunk }) => oracle.lossAndGradient(chunk.x, chunk.labels));
  const run: RunAttack = (name, own, { chunk, rows }) => {
    const labels = Int32Array.from(rows, (row) => chunk.labels[row]!);
    return attacks.get(name).run({ oracle, x: gather(chunk.x, rows), labels, options: own, seed: plan.seed, signal: options.signal });
  };
  const tried = fewer(whole, forward + PILOT_GRADIENTS * gradient);
  const { piloted, last, steps } = await pilot(plan, engine, tried, run);
  const known = new Map<string, number>();
  const secondsOf = async ({ kind, name, options: own }: WorkStage): Promise<number> => {
    if (kind === 'certify') return forward * ((own as CertifyOptions).draws + (own as CertifyOptions).choosing);
    if (kind !== 'attack') return forward;
    const trial = trialOf(name, own);
    const key = JSON.stringify([name, { ...trial, epsilon: 0 }]);
    const passesEach = passesOf(name, trial, classes);
    const parts = typical(fewer(last, passesEach * Math.max(forward, gradient / GRADIENT)), options.parallel);
    if (parts.length === 0) return forward;
    // Of a server no more is asked than has to be.
    if (engine.device === 'remote') return passesOf(name, own, classes) * forward;
    if (!known.has(key)) {
      // Gradients of other losses are compiled when they are first asked for, by each worker.
      await secondsEach(firstRows(parts), passes, (part) => run(name, trial, part));
      known.set(key, (await secondsEach(parts, { ...passes, lanes: options.parallel }, (part) => run(name, trial, part))) / passesEach);
    }
    return passesOf(name, own, classes) * known.get(key)!;
  };
  const stages: number[] = [];
  for (const stage of plan.stages) stages.push(await secondsOf(stage));
  const samples = [...chunks.keys()].map((range, i) => {
    const standing = new Map(
      [...piloted[i]!.standing].map(([epsilon, { first, last: left }]) => [epsilon, { first: first.rows.length, last: left.rows.length }]),
    );
    return [range, { images: tried[i]!.rows.length, right: piloted[i]!.right.rows.length, standing }] as const;
  });
  return { stages, early: steps * gradient, samples: new Map(samples) };
}
