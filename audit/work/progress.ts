/** @file How far an audit is, in seconds of estimated work, and what survives. */
import type { Progress } from '@robenc/shared/config/progress.js';
import { epsilonText } from '@robenc/shared/evaluation/robust-accuracy.js';
import type { Costs } from './cost.js';
import type { AuditList } from './list.js';
import type { WorkPlan } from './plan.js';

/** A listener for the work list. What is left is counted as if all images that stand now stood to the end, so it falls as images are broken. */
export function followProgress(job: { list: AuditList; plan: WorkPlan; costs: Costs; report: (progress: Progress) => void; tell: (line: string) => void }) {
  const { list, plan, costs, report, tell } = job;
  const per = costs.stages;
  // Seconds of the stages from each one on, for an image that survives them.
  const left = per.map((_, step) => per.slice(step).reduce((sum, seconds) => sum + seconds, 0));
  const images = list.ranges.map(({ count }) => count);
  const at = list.ranges.map(() => 0);
  const finished = plan.stages.map(() => 0);
  let [spent, waiting] = [0, images.reduce((sum, count) => sum + count * left[0]!, 0)];
  return ({ chain, step }: { chain: number; step: number }): void => {
    const stage = plan.stages[step]!;
    const before = images[chain]!;
    const after = list.standing(chain, step + 1).length;
    spent += per[step]! * before;
    waiting -= left[at[chain]!]! * before;
    [images[chain], at[chain]] = [after, step + 1];
    finished[step]! += 1;
    if (stage.kind === 'clean' && finished[step] === list.chains) tell(cleanText(list));
    waiting += (left[step + 1] ?? 0) * after;
    const standing = images.reduce((sum, count) => sum + count, 0);
    const total = images.length === 0 ? 0 : list.ranges.reduce((sum, { count }) => sum + count, 0);
    const label = stage.kind === 'attack' ? `audit ${stage.name} at ${epsilonText(stage.epsilon)}` : `audit ${stage.name}`;
    report({ label, done: Math.round(1000 * spent), total: Math.round(1000 * (spent + waiting)), note: `${standing} of ${total} images stand` });
  };
}

/** What the clean stage says, which is known long before the attacks end. */
function cleanText(list: AuditList): string {
  const images = list.ranges.reduce((sum, { count }) => sum + count, 0);
  const right = list.ranges.reduce((sum, _, chain) => sum + list.standing(chain, 1).length, 0);
  return `Clean accuracy: ${right} of ${images} images are right (${((100 * right) / Math.max(1, images)).toFixed(1)} %).`;
}
