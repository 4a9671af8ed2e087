/** @file Short attacks on some images before an audit: how many of them are right, and how many will be broken. */
import type { AttackOptions, Outcome } from '@robenc/shared/attacks/attack.js';
import { apgdT } from '@robenc/shared/attacks/apgd-t.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { pgd } from '@robenc/shared/attacks/pgd.js';
import { argmaxRow } from '@robenc/shared/math/logits.js';
import { seesNoGradients, type Engine } from './engine.js';
import type { WorkPlan } from './plan.js';
import { countRows, type Part } from './trial.js';

const STEPS = 10;

/** What tells how many images fall to the attacks on margins: they break many that cross-entropy does not. */
const SECOND = { targets: 2, steps: 20 } as const;

/** Gradients of an image that both leave standing. */
export const PILOT_GRADIENTS = STEPS + SECOND.targets * SECOND.steps;

/** An attack on some images of a chunk. */
export type RunAttack = (name: string, options: AttackOptions, part: Part) => Promise<Outcome[]>;

/** What became of a part. */
export interface Piloted {
  readonly right: Part;
  /** Images that stand after the first and after the second short attack, by radius; nothing where the audit asks for no gradients. */
  readonly standing: ReadonlyMap<number, { readonly first: Part; readonly last: Part }>;
}

export interface PilotResult {
  /** In the order of the parts. */
  readonly piloted: readonly Piloted[];
  /** Images that stand at the largest radius at which some do. */
  readonly last: readonly Part[];
  /** Gradients until an image was broken, on average over those that were. */
  readonly steps: number;
}

export async function pilot(plan: WorkPlan, engine: Engine, parts: readonly Part[], run: RunAttack): Promise<PilotResult> {
  const radii = seesNoGradients(plan) ? [] : [...new Set(plan.stages.filter(({ kind }) => kind === 'attack').map((stage) => stage.epsilon))];
  const right = await Promise.all(parts.map((part) => rightOf(part, engine)));
  const piloted = right.map((part) => ({ right: part, standing: new Map<number, { first: Part; last: Part }>() }));
  let [last, broken, steps]: [readonly Part[], number, number] = [right, 0, 0];
  for (const epsilon of radii) {
    const onMargins = plan.stages.some(({ kind, epsilon: at, name }) => kind === 'attack' && at === epsilon && attacks.get(name).needsMargins === true);
    const stands = await Promise.all(
      right.map(async (part, i) => {
        const outcomes = await run(pgd.name, pgd.complete({ epsilon, norm: plan.norm, steps: STEPS }), part);
        for (const { brokenAt } of outcomes) if (brokenAt !== null) [broken, steps] = [broken + 1, steps + brokenAt.query];
        const first = standingOf(part, outcomes);
        const more = onMargins && first.rows.length > 0;
        const left = more ? standingOf(first, await run(apgdT.name, apgdT.complete({ epsilon, norm: plan.norm, ...SECOND }), first)) : first;
        piloted[i]!.standing.set(epsilon, { first, last: left });
        return left;
      }),
    );
    if (countRows(stands) > 0) last = stands;
  }
  return { piloted, last, steps: broken === 0 ? 1 : steps / broken };
}

function standingOf({ chunk, rows }: Part, outcomes: readonly Outcome[]): Part {
  return { chunk, rows: rows.filter((_, i) => !outcomes[i]!.broken) };
}

async function rightOf({ chunk, rows }: Part, { oracle, classes }: Engine): Promise<Part> {
  const logits = await oracle.forward(chunk.x);
  return { chunk, rows: rows.filter((row) => argmaxRow(logits, classes, row) === chunk.labels[row]) };
}
