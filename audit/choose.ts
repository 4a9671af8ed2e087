/** @file From the flags of an audit to its stages: a preset or one attack, at every radius, every constant filled in. */
import { createHash } from 'node:crypto';
import { attacks } from '@robenc/shared/attacks/index.js';
import type { NormName } from '@robenc/shared/attacks/norms.js';
import { presets, presetStages } from '@robenc/shared/attacks/presets.js';
import { RobencError } from '@robenc/shared/errors.js';
import { attackOptions, readDistance } from '@robenc/shared/evaluation/attack-options.js';
import { certifyStage, refuseSmoothing, type SmoothingChoice } from './certificates.js';
import { corruptionStages } from './corruptions.js';
import { CLEAN, type WorkStage } from './work/plan.js';

/** The attack where neither a preset nor an attack is named. */
const DEFAULT_ATTACK = 'pgd';
const BLACK_BOX_ATTACK = 'square';

export interface AttackChoice {
  readonly preset: string | undefined;
  readonly attack: string | undefined;
  /** Radii as text; empty: those of the preset. */
  readonly epsilons: readonly string[];
  readonly norm: NormName;
  readonly smoothing: SmoothingChoice;
  /** Only scores are seen; the attack is square where none is named. */
  readonly blackBox?: boolean;
  /** Families of corruptions that are looked at besides, or by --preset corruptions; empty: none, or the main ones. */
  readonly corruptions: readonly string[];
  /** Constants that differ from the defaults; undefined ones have them. */
  readonly attackOptions: Readonly<Record<string, unknown>>;
}

export interface ChosenAttack {
  /** Of the preset, or of the one attack. */
  readonly name: string;
  /** Answers are means over so many draws. */
  readonly draws: number;
  /** Ascending. */
  readonly epsilons: readonly number[];
  /** The clean stage first, then all attacks by radius. */
  readonly stages: readonly WorkStage[];
}

/** Throws `usage`, naming the flag. */
export function chooseAttack(choice: AttackChoice): ChosenAttack {
  const { preset: named, attack, norm, attackOptions: overrides } = choice;
  if (named !== undefined && attack !== undefined)
    throw new RobencError('usage', `--preset ${named} says which attacks are made, and so does --attack ${attack}. Give one of them.`, { field: 'preset' });
  if (named === undefined || presets.get(named).certifies !== true) refuseSmoothing(choice.smoothing);
  const presetName = named ?? (attack === 'standard' ? attack : undefined);
  const corrupting = corruptionStages(choice.corruptions);
  if (presetName === undefined) {
    const one = attacks.get(attack ?? (choice.blackBox === true ? BLACK_BOX_ATTACK : DEFAULT_ATTACK));
    const options = attackOptions({ attack: one.name, epsilons: choice.epsilons, norm, attackOptions: overrides });
    return {
      name: one.name,
      draws: 1,
      epsilons: options.map(({ epsilon }) => epsilon),
      stages: [CLEAN, ...options.map((each): WorkStage => ({ kind: 'attack', name: one.name, epsilon: each.epsilon, options: each })), ...corrupting],
    };
  }
  const preset = presets.get(presetName);
  const given = choice.epsilons.length > 0 ? choice.epsilons : (preset.epsilons ?? []);
  if (given.length === 0) throw new RobencError('usage', 'No radius is given. Give one or several with --eps, as fractions such as 4/255.', { field: 'eps' });
  const epsilons = [...new Set(given.map((text) => readDistance('eps', text, norm)))].sort((a, b) => a - b);
  if (preset.certifies === true) {
    if (norm !== 'l2') throw new RobencError('usage', `--norm ${norm}: the certificates of --preset certify hold in l2. Leave --norm out.`, { field: 'norm' });
    presetStages(preset, { epsilon: 0, norm, overrides });
    return { name: preset.name, draws: 1, epsilons, stages: [CLEAN, certifyStage(choice.smoothing), ...corrupting] };
  }
  if (preset.corrupts === true) {
    if (choice.epsilons.length > 0)
      throw new RobencError(
        'usage',
        '--eps is a radius of attacks, and --preset corruptions makes none. Leave it out, or add --corruptions to another preset.',
        {
          field: 'eps',
        },
      );
    presetStages(preset, { epsilon: 0, norm, overrides });
    return { name: preset.name, draws: 1, epsilons, stages: [CLEAN, ...(corrupting.length > 0 ? corrupting : corruptionStages(['main']))] };
  }
  const stages = epsilons.flatMap((epsilon) =>
    presetStages(preset, { epsilon, norm, overrides }).map((stage): WorkStage => ({
      kind: 'attack',
      name: stage.attack.name,
      epsilon,
      options: stage.options,
    })),
  );
  return { name: preset.name, draws: preset.draws ?? 1, epsilons, stages: [CLEAN, ...stages, ...corrupting] };
}

/** SHA-256 of everything that decides what is done. */
export function digestOf(settings: unknown): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex');
}
