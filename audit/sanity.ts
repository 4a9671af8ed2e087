/** @file Looks at a finished audit with every sanity check. */
import { gather } from '@robenc/shared/attacks/batch.js';
import type { AuditFlag } from '@robenc/shared/config/audit.js';
import { sanityChecks } from './flags/index.js';
import { randomNodes } from './flags/stochastic.js';
import type { Prepared } from './prepare.js';
import { isRemote } from './remote/model.js';
import type { Engine, Item } from './work/engine.js';
import type { AuditOutcome } from './work/outcome.js';
import type { WorkPlan } from './work/plan.js';
import { probeAttacks } from './work/probe.js';

export interface Audited {
  readonly prepared: Prepared;
  readonly engine: Engine;
  readonly plan: WorkPlan;
  readonly outcome: AuditOutcome;
  /** Some of the images, which are looked at once more. */
  readonly few: Item['chunk'];
  readonly complete: boolean;
  readonly signal: AbortSignal;
}

export async function raiseFlags({ prepared: { setup, set }, engine, plan, outcome, few, complete, signal }: Audited): Promise<AuditFlag[]> {
  const { classifier: model } = setup;
  const logits = await cleanLogits(engine, few);
  const alone = isRemote(model) || plan.draws > 1 || randomNodes(model).length > 0 ? null : await logitsAlone(engine, few);
  const probe = complete ? await probeAttacks(engine, plan, few, signal) : null;
  return sanityChecks.entries.flatMap(({ code, look }): AuditFlag[] => {
    const seen = look({
      graph: isRemote(model) ? null : model,
      classes: setup.classes,
      softmaxRemoved: setup.softmaxRemoved,
      softmaxOutput: setup.output,
      dataClasses: setup.logitOf.length,
      classOf: new Map(setup.logitOf.map((logit, i) => [logit, set.classes[i]!])),
      classesNamed: setup.classesNamed,
      logits,
      alone,
      options: plan.stages.flatMap(({ kind, options }) => (kind === 'attack' ? [options] : [])),
      outcome,
      plan,
      probe,
    });
    return seen === null ? [] : [{ code, ...seen }];
  });
}

async function cleanLogits(engine: Engine, chunk: Item['chunk']): Promise<Float32Array> {
  engine.begin(chunk, 'probe');
  return engine.oracle.forward(chunk.x);
}

/** Images that are asked for one by one. */
const ALONE = 8;

async function logitsAlone({ oracle }: Engine, { x }: Item['chunk']): Promise<Float32Array> {
  const each: Float32Array[] = [];
  for (let row = 0; row < Math.min(ALONE, x.count); row++) each.push(await oracle.forward(gather(x, [row])));
  return Float32Array.from(each.flatMap((logits) => [...logits]));
}
