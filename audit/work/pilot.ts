/** @file A short attack on some images before an audit: how many of them are right, and how many will soon be broken. */
import type { AttackOptions, Outcome } from '@robenc/shared/attacks/attack.js';
import { pgd } from '@robenc/shared/attacks/pgd.js';
import { argmaxRow } from '@robenc/shared/math/logits.js';
import { seesNoGradients, type Engine } from './engine.js';
import type { WorkPlan } from './plan.js';
import { countRows, type Part } from './trial.js';

export const PILOT_STEPS = 10;

/** An attack on some images of a chunk. */
export type RunAttack = (name: string, options: AttackOptions, part: Part) => Promise<Outcome[]>;

/** What became of a part. */
export interface Piloted {
  readonly right: Part;
  /** By radius; nothing where the audit asks for no gradients. */
  readonly standing: ReadonlyMap<number, Part>;
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
  const piloted = right.map((part) => ({ right: part, standing: new Map<number, Part>() }));
  let [last, broken, steps]: [readonly Part[], number, number] = [right, 0, 0];
  for (const epsilon of radii) {
    const options = pgd.complete({ epsilon, norm: plan.norm, steps: PILOT_STEPS });
    const left = await Promise.all(
      right.map(async (part): Promise<Part> => {
        const outcomes = await run(pgd.name, options, part);
        for (const { brokenAt } of outcomes) if (brokenAt !== null) [broken, steps] = [broken + 1, steps + brokenAt.query];
        return { chunk: part.chunk, rows: part.rows.filter((_, i) => !outcomes[i]!.broken) };
      }),
    );
    left.forEach((part, i) => piloted[i]!.standing.set(epsilon, part));
    if (countRows(left) > 0) last = left;
  }
  return { piloted, last, steps: broken === 0 ? 1 : steps / broken };
}

async function rightOf({ chunk, rows }: Part, { oracle, classes }: Engine): Promise<Part> {
  const logits = await oracle.forward(chunk.x);
  return { chunk, rows: rows.filter((row) => argmaxRow(logits, classes, row) === chunk.labels[row]) };
}
