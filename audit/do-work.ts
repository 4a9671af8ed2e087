/** @file Has the items of an audit done, here or elsewhere. */
import type { Store } from '@robenc/shared/jobs/store.js';
import { runWorkList } from '@robenc/shared/jobs/work-list.js';
import type { AuditJob } from './job.js';
import type { Costs } from './work/cost.js';
import type { Engine, Item } from './work/engine.js';
import type { AuditList } from './work/list.js';
import type { WorkPlan } from './work/plan.js';
import { followProgress } from './work/progress.js';
import { packResult } from './work/result.js';

/** Parts that failed, in the report. */
const MOST_NAMED = 20;

export interface Work {
  readonly list: AuditList;
  readonly store: Store;
  readonly plan: WorkPlan;
  readonly engine: Engine;
  readonly parallel: number;
  readonly classifier: Uint8Array;
  readonly costs: Costs;
  readonly itemBytes: number;
  readonly deadline?: AbortSignal;
}

/** Works off the list here or elsewhere. @returns why it is not complete, or null. */
export async function doWork(
  job: AuditJob,
  { list, store, plan, engine, parallel, classifier, costs, itemBytes, deadline }: Work,
): Promise<{ reason: string | null }> {
  const here = {
    execute: async (_: string, item: Item, signal: AbortSignal) => packResult(await engine.run(item, signal)),
    parallel,
    close: async () => undefined,
  };
  const place = job.distribute === undefined ? here : await job.distribute({ classifier, plan, itemBytes });
  const follow = followProgress({ list, plan, costs, report: job.progress, tell: job.tell });
  try {
    const { complete, failures } = await runWorkList({
      list,
      store,
      execute: place.execute,
      parallel: place.parallel,
      signal: job.signal,
      ...(deadline && { deadline }),
      setAside: job.distribute !== undefined,
      progress: follow,
    });
    const texts = failures.map(({ id, message }) => `${list.textOf(id)}: ${message}`);
    for (const text of texts) job.tell(`Set aside, ${text}`);
    if (texts.length > 0) return { reason: setAsideText(texts) };
    return { reason: complete ? null : `time ran out (--max-minutes ${job.maxMinutes})` };
  } finally {
    await place.close();
  }
}

/** Names every item that was set aside; of very many the first ones. */
function setAsideText(texts: readonly string[]): string {
  const more = texts.length > MOST_NAMED ? `; and ${texts.length - MOST_NAMED} more` : '';
  return `${texts.length} parts failed and were set aside: ${texts.slice(0, MOST_NAMED).join('; ')}${more}`;
}
