/** @file Does the items of an audit: a classifier, its gradients and a second copy that checks what is claimed. */
import { performance } from 'node:perf_hooks';
import type { Attack, Oracle, Outcome } from '@robenc/shared/attacks/attack.js';
import { gather, imageSize } from '@robenc/shared/attacks/batch.js';
import { expectationOracle } from '@robenc/shared/attacks/expectation.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { RobencError } from '@robenc/shared/errors.js';
import { argmaxRow, crossEntropyRow } from '@robenc/shared/math/logits.js';
import { confirmOutcome } from '@robenc/shared/evaluation/confirm.js';
import { openClassifier, openOracle } from '@robenc/shared/evaluation/oracle.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import type { DeviceName, DeviceRequest } from '@robenc/shared/runtime/types.js';
import type { Chunk } from './chunk.js';
import { openFeeds } from './feeds.js';
import type { WorkPlan, WorkStage } from './plan.js';
import type { ItemResult, RowResult } from './result.js';

/** One item: some images of a chunk at one stage. */
export interface Item {
  readonly id: string;
  readonly stage: WorkStage;
  readonly chunk: Chunk;
  /** Rows of the chunk that still stand. */
  readonly rows: readonly number[];
}

export interface Engine {
  readonly device: DeviceName;
  readonly notice: string | null;
  readonly workers: number;
  readonly classes: number;
  /** What attacks see: means over draws where the model is random. */
  readonly oracle: Oracle;
  /** Makes known what the images of a chunk are fed besides their pixels, before the oracle is asked about them. */
  begin(chunk: Chunk, item: string): void;
  run(item: Item, signal: AbortSignal): Promise<ItemResult>;
  close(): Promise<void>;
}

/** Opens the classifier, `image` → `logits`, for the plan. Throws `unsupported` where a node has no gradient, naming it. */
export async function openEngine(classifier: Graph, plan: WorkPlan, options: { workers: number; device: DeviceRequest }): Promise<Engine> {
  const feeds = openFeeds(plan.feeds);
  const open = await openOracle(classifier, { ...options, feeds: feeds.feed });
  const oracle = plan.draws > 1 ? expectationOracle(open, plan.draws) : open;
  let verifier;
  try {
    verifier = await openClassifier(classifier, { workers: 1, device: options.device, feeds: feeds.feed });
  } catch (cause) {
    await open.close();
    throw cause;
  }
  const second = verifier;
  return {
    device: open.device,
    notice: open.notice,
    workers: open.workers,
    classes: open.classes,
    oracle,
    begin: (chunk, item) => feeds.begin(chunk, item),
    async run(item, signal) {
      feeds.begin(item.chunk, item.id);
      const started = performance.now();
      const { rows, points } = item.stage.kind === 'clean' ? await runClean(item, oracle) : await runAttack(item, plan, oracle, second, signal);
      return { rows, points, size: imageSize(item.chunk.x), seconds: (performance.now() - started) / 1000 };
    },
    close: async () => void (await Promise.all([open.close(), second.close()])),
  };
}

async function runClean({ chunk, rows }: Item, oracle: Oracle) {
  const part = gather(chunk.x, rows);
  const logits = await oracle.forward(part);
  const results = rows.map((row, i): RowResult => {
    const label = chunk.labels[row]!;
    const prediction = argmaxRow(logits, oracle.classes, i);
    const loss = finiteOr(crossEntropyRow(logits, oracle.classes, i, label), Number.MAX_VALUE);
    return {
      ...NOTHING,
      row,
      cleanPrediction: prediction,
      prediction,
      lossBefore: loss,
      lossAfter: loss,
      margin: marginRow(logits, oracle.classes, i, label),
      broken: prediction !== label,
    };
  });
  return { rows: results, points: new Float32Array(0) };
}

/** JSON has no NaN and no infinity. */
function finiteOr(value: number, otherwise: number): number {
  return Number.isFinite(value) ? value : otherwise;
}

/** z_label - max of the others; null where the model answered NaN. */
function marginRow(logits: Float32Array, classes: number, row: number, label: number): number | null {
  let other = -Infinity;
  for (let k = 0; k < classes; k++) if (k !== label) other = Math.max(other, logits[row * classes + k]!);
  const margin = logits[row * classes + label]! - other;
  return Number.isFinite(margin) ? margin : null;
}

const NOTHING = {
  refuted: false,
  brokenAt: null,
  linf: 0,
  l2: 0,
  l1: 0,
  gradients: 0,
  queries: 0,
  zeroGradients: 0,
  nonFiniteGradients: 0,
  eightBit: null,
  votes: null,
} as const;

async function runAttack({ stage, chunk, rows }: Item, plan: WorkPlan, oracle: Oracle, verifier: Parameters<typeof confirmOutcome>[0], signal: AbortSignal) {
  const attack: Attack = attacks.get(stage.name);
  const part = gather(chunk.x, rows);
  const labels = Int32Array.from(rows, (row) => chunk.labels[row]!);
  const outcomes = await attack.run({ oracle, x: part, labels, options: stage.options, seed: plan.seed, signal });
  const size = imageSize(chunk.x);
  const results: RowResult[] = [];
  const points: Float32Array[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    if (signal.aborted) throw new RobencError('cancelled', 'The attack was stopped before it ended.');
    const claimed = outcome.broken && outcome.cleanPrediction === outcome.label;
    const clean = part.data.subarray(i * size, (i + 1) * size);
    const confirmation = claimed ? await confirmOutcome(verifier, clean, part.shape, outcome, stage.options, plan.votes) : null;
    const broken = outcome.broken && (confirmation?.stands ?? true);
    if (broken && claimed) points.push(outcome.adversarial);
    results.push({ ...rowOf(outcome, rows[i]!), broken, refuted: claimed && !broken, eightBit: confirmation?.eightBit ?? null });
  }
  const all = new Float32Array(points.length * size);
  points.forEach((point, i) => all.set(point, i * size));
  return { rows: results, points: all };
}

function rowOf(outcome: Outcome, row: number): Omit<RowResult, 'broken' | 'refuted' | 'eightBit'> {
  const { cleanPrediction, lossBefore, adversarialPrediction, lossAfter, brokenAt, linf, l2, l1, iterations, queries, zeroGradients, nonFiniteGradients } =
    outcome;
  return {
    row,
    cleanPrediction,
    lossBefore: finiteOr(lossBefore, Number.MAX_VALUE),
    prediction: adversarialPrediction,
    lossAfter: finiteOr(lossAfter, Number.MAX_VALUE),
    margin: null,
    brokenAt,
    linf,
    l2,
    l1,
    gradients: iterations,
    queries,
    zeroGradients,
    nonFiniteGradients,
    votes: null,
  };
}
