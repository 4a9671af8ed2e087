/** @file Runs an audit: from a model, a data set and settings to a report. */
import type { AuditReport } from '@robenc/shared/config/audit.js';
import { imageSize } from '@robenc/shared/attacks/batch.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { memoryStore, type Store } from '@robenc/shared/jobs/store.js';
import { RobencError } from '@robenc/shared/errors.js';
import { batchSizeFor } from '@robenc/shared/evaluation/pixels.js';
import { chooseAttack, digestOf } from './choose.js';
import { refuseCorruptions } from './corruptions.js';
import { hiddenGradients, hiddenGradientsText } from './flags/hidden-gradients.js';
import { doWork } from './do-work.js';
import { measureRanges, timeText } from './estimate.js';
import type { AuditJob } from './job.js';
import { prepareAudit, type Prepared } from './prepare.js';
import { isAddress } from './remote/address.js';
import { isRemote } from './remote/model.js';
import { chooseExamples, type Example } from './report/examples.js';
import { reportOf } from './report/report.js';
import { raiseFlags } from './sanity.js';
import { predictSeconds } from './work/cost.js';
import { openEngine } from './work/engine.js';
import { auditList, rangesOf, type Range } from './work/list.js';
import { outcomeOf, type AuditOutcome } from './work/outcome.js';
import type { CertifyOptions, WorkPlan } from './work/plan.js';
import { chunkSizeOf, hasState, identityOf, openState } from './work/state.js';

export interface AuditRun {
  readonly report: AuditReport;
  readonly outcome: AuditOutcome;
  readonly set: ImageSet;
  readonly examples: readonly Example[];
}

/** Passes that vote on a claimed misclassification of a model whose answers are random, and the draws that its answers are means over. */
const [VOTES, DRAWS] = [50, 20];

const NO_SMOOTHING = { sigma: undefined, draws: undefined, alpha: undefined };

/** Noisy copies of an item at most, so that little is lost when it is ended. */
const COPIES_PER_ITEM = 20_000;

/** Images that the sanity checks look at besides. */
const PROBE = 64;

/**
 * Attacks a model as the job says. Items that its state holds are not done again, so a cancelled or killed audit goes on and gives the same report.
 * Throws `cancelled` when the signal fires, and `RobencError`s that name the flag to change.
 */
export async function runAudit(job: AuditJob): Promise<AuditRun> {
  const started = job.now();
  const chosen = chooseAttack({
    ...job,
    blackBox: isAddress(job.model),
    preset: job.preset,
    attack: job.attack,
    smoothing: job.smoothing ?? NO_SMOOTHING,
    corruptions: job.corruptions ?? [],
  });
  const prepared = await prepareAudit(job);
  const { setup, set, threat } = prepared;
  refuseCorruptions(chosen.stages, setup.chunk([0]).x.shape, threat.name);
  tellAssumptions(job, prepared);
  const random = chosen.draws > 1 || threat.random === true;
  const { straightThrough = [] } = job;
  const plan: WorkPlan = {
    norm: job.norm,
    seed: job.seed,
    draws: random ? Math.max(chosen.draws, DRAWS) : 1,
    votes: random ? VOTES : 1,
    feeds: setup.feeds,
    ...(straightThrough.length > 0 && { straightThrough }),
    stages: chosen.stages,
  };
  const { classifier: model } = setup;
  if (isRemote(model) && job.distribute !== undefined)
    throw new RobencError('usage', 'A model behind a server is audited from here: leave --queue out, or give the model itself.', { field: 'queue' });
  const classifier = isRemote(model) ? Buffer.from(`${model.address} ${model.sha256}`) : toOnnx(model);
  const hidden = isRemote(model) ? [] : hiddenGradients(model, plan);
  if (hidden.length > 0) job.tell(`Gradients do not see all of the model: ${hiddenGradientsText(hidden)}.`);
  const chunkSize =
    job.batchSize ??
    (job.state !== undefined && !job.state.fresh && hasState(job.state.folder) ? chunkSizeOf(job.state.folder) : chunkSizeFor(set, setup.several ?? 1, plan));
  const store = openStore(job, { classifier, prepared, plan, chunkSize });
  const ranges = rangesOf(set.count, chunkSize, job.shard ?? null);
  const chunk = (range: Range) => setup.chunk(indicesOf(range));
  const engine = await openEngine(model, plan, { workers: job.workers, device: job.device });
  try {
    if (engine.notice !== null) job.tell(engine.notice);
    const list = auditList(plan, ranges, chunkSize, store, chunk);
    const itemBytes = 4 * chunkSize * imageSize(setup.chunk([0]).x);
    // One more than there are workers, so that none waits while the steps of an attack between two passes are computed here.
    const parallel = engine.workers + 1;
    const costs = await measureRanges(engine, plan, { ranges, chunk, itemBytes, parallel, signal: job.signal });
    const counts = ranges.map(({ count }) => count);
    const images = counts.reduce((sum, count) => sum + count, 0);
    if (store.size === 0)
      job.tell(`Estimated time: ${timeText(predictSeconds(plan, costs, counts, engine.workers))} (${images} images, ${engine.workers} workers).`);
    else job.tell(`Going on from ${store.size} finished items of ${list.chains * list.steps}.`);
    const deadline = job.maxMinutes === undefined ? undefined : AbortSignal.timeout(Math.max(0, job.maxMinutes * 60_000 - (job.now() - started)));
    const work = await doWork(job, { list, store, plan, engine, parallel, classifier, costs, itemBytes, ...(deadline && { deadline }) });
    const outcome = outcomeOf({ plan, ranges, chunkSize, store, labels: setup.labels, idOf: setup.idOf, epsilons: chosen.epsilons });
    const few = setup.chunk(indicesOf({ start: 0, count: Math.min(PROBE, chunkSize, set.count) }));
    const flags = await raiseFlags({ prepared, engine, plan, outcome, few, complete: work.reason === null, signal: job.signal });
    const incomplete = work.reason ?? (job.shard === undefined ? null : `shard ${job.shard.index + 1} of ${job.shard.of}`);
    const { norm, seed, stages, draws, votes } = plan;
    const digest = digestOf({ norm, seed, stages, draws, votes, ...(straightThrough.length > 0 && { straightThrough }) });
    const report = reportOf({ job, name: chosen.name, digest, prepared, plan, device: engine.device, outcome, flags, incomplete, started, ended: job.now() });
    return { report, outcome, set, examples: chooseExamples({ plan, ranges, chunkSize, store, chunk, outcome, shape: setup.chunk([0]).x.shape }) };
  } finally {
    await engine.close();
  }
}

function tellAssumptions(job: AuditJob, { plan, threat }: Prepared): void {
  for (const { name, value, source, flag } of plan.assumptions)
    job.tell(`${source === 'default' ? 'Assumed' : 'Taken'} ${name}: ${value} (${source}${flag === null ? '' : `, change with ${flag}`})`);
  if (threat.name !== 'image') job.tell(`Threat model ${threat.name}: ${threat.text}.`);
}

/** Images in a chunk at least, as far as memory allows: what is left of a smaller one after the first attacks fills no batch. */
const LEAST_IN_CHUNK = 25;

/** The same on every machine, so that any of them can go on with any audit; small enough that sixteen workers have something to do. */
function chunkSizeFor(set: ImageSet, several: number, { stages }: WorkPlan): number {
  const copies = stages.reduce((most, { kind, options }) => (kind === 'certify' ? Math.max(most, (options as CertifyOptions).draws) : most), 1);
  return Math.min(batchSizeFor(set, 1, several), Math.max(LEAST_IN_CHUNK, Math.ceil(set.count / 16)), Math.max(1, Math.floor(COPIES_PER_ITEM / copies)));
}

function openStore(
  job: AuditJob,
  { classifier, prepared, plan, chunkSize }: { classifier: Uint8Array; prepared: Prepared; plan: WorkPlan; chunkSize: number },
): Store {
  if (job.state === undefined) return memoryStore();
  const { set, setup } = prepared;
  const names = JSON.stringify(Array.from({ length: set.count }, (_, i) => [setup.idOf(i), setup.labels[i]]));
  const identity = identityOf({ classifier, data: [set.pixels, Buffer.from(names)], settings: plan, chunk: chunkSize });
  return openState(job.state.folder, identity, { fresh: job.state.fresh, merge: job.state.merge ?? [] });
}

function indicesOf({ start, count }: Range): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}
