/** @file From the flags of an audit to the stages that corrupt images: every family at five severities. */
import { RobencError } from '@robenc/shared/errors.js';
import { corruptions } from '@robenc/shared/images/corruptions/index.js';
import type { CorruptionOptions, WorkStage } from './work/plan.js';

const SEVERITIES = [1, 2, 3, 4, 5] as const;

/** Words for several families at once. */
const ALL = 'all';
const MAIN = 'main';

export const corruptionNames: readonly string[] = [MAIN, ALL, ...corruptions.names];

/** The stages of the named families, in the order of the table, each by its severities. Throws `usage` on an unknown name. */
export function corruptionStages(names: readonly string[]): WorkStage[] {
  const chosen = new Set(names.filter((name) => name !== ALL && name !== MAIN).map((name) => corruptions.get(name).name));
  for (const { name, extra } of corruptions.entries) if (names.includes(ALL) || (names.includes(MAIN) && extra !== true)) chosen.add(name);
  return corruptions.names
    .filter((name) => chosen.has(name))
    .flatMap((name) =>
      SEVERITIES.map((severity): WorkStage => {
        const options: CorruptionOptions = { epsilon: 0, severity };
        return { kind: 'corruption', name, epsilon: 0, options };
      }),
    );
}

/** Throws `usage` where what is attacked is no image of three channels. */
export function refuseCorruptions(stages: readonly WorkStage[], shape: readonly number[], threat: string): void {
  if (shape.length === 3 && shape[0] === 3) return;
  if (stages.some(({ kind }) => kind === 'corruption'))
    throw new RobencError(
      'usage',
      `Corruptions are made on whole images, and the threat model ${threat} is about crops. Choose another --threat, or leave --corruptions out.`,
      {
        field: 'corruptions',
      },
    );
}
