/** @file Attacks that are made to look at the audit itself: on a few images, after the audit, when it is complete. */
import { attacks } from '@robenc/shared/attacks/index.js';
import { gather } from '@robenc/shared/attacks/batch.js';
import type { AttackOptions } from '@robenc/shared/attacks/attack.js';
import type { Chunk } from './chunk.js';
import { seesNoGradients, type Engine } from './engine.js';
import type { WorkPlan } from './plan.js';

export interface Probe {
  /** Images of the probe, those that are wrong from the start included. */
  readonly images: number;
  /** Images that stand when every pixel may take any value. */
  readonly unbounded: number;
  /** At the smallest radius: images that one step breaks and twenty do not, and the other way round. */
  readonly oneStepOnly: number;
  readonly manyStepsOnly: number;
}

/** Null where no gradients are followed, answers are random, or an image is broken when its embedding moves, which is not a matter of classes. */
export async function probeAttacks(engine: Engine, plan: WorkPlan, chunk: Chunk, signal: AbortSignal): Promise<Probe | null> {
  if (seesNoGradients(plan) || plan.draws > 1 || plan.feeds.kind === 'chunk') return null;
  const radius = plan.stages.find(({ kind, epsilon }) => kind === 'attack' && epsilon > 0)?.epsilon;
  if (radius === undefined) return null;
  engine.begin(chunk, 'probe');
  const { oracle } = engine;
  const broken = async (name: string, options: AttackOptions) => {
    const x = gather(chunk.x, [...chunk.labels.keys()]);
    const outcomes = await attacks.get(name).run({ oracle, x, labels: chunk.labels, options, seed: plan.seed, signal });
    return outcomes.map((outcome) => outcome.broken);
  };
  // From the image itself: noise over the whole range would break most images by itself, and hide that the gradients lead nowhere.
  const anywhere = await broken('pgd', { epsilon: 1, norm: 'linf', randomStart: false } as AttackOptions);
  const one = await broken('fgsm', { epsilon: radius, norm: plan.norm });
  const many = await broken('pgd', { epsilon: radius, norm: plan.norm });
  return {
    images: anywhere.length,
    unbounded: anywhere.filter((is) => !is).length,
    oneStepOnly: one.filter((is, i) => is && !many[i]).length,
    manyStepsOnly: many.filter((is, i) => is && !one[i]).length,
  };
}
