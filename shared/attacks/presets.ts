/** @file The table of presets: which attacks an audit makes, one after the other, each on what survived the ones before. */
import type { TObject } from '@sinclair/typebox';
import { check } from '../config/check.js';
import { RobencError } from '../errors.js';
import { table } from '../table.js';
import type { Attack, AttackOptions } from './attack.js';
import { apgdT } from './apgd-t.js';
import { apgd } from './apgd.js';
import { fabT } from './fab-t.js';
import { fab } from './fab.js';
import { fgsm } from './fgsm.js';
import { ladder } from './ladder.js';
import { momentumPgd } from './momentum-pgd.js';
import type { NormName } from './norms.js';
import { pgd } from './pgd.js';
import { square } from './square.js';

/** One attack of a preset, with what differs from its defaults. */
export interface PresetStage {
  readonly attack: Attack;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A stage with every constant filled in. */
export interface Stage {
  readonly attack: Attack;
  readonly options: Required<AttackOptions>;
}

export interface Preset {
  readonly name: string;
  readonly summary: string;
  /** Radii that are attacked where none are given; empty: they must be given. */
  readonly epsilons?: readonly string[];
  /** Not attacks but a certificate of every image. */
  readonly certifies?: boolean;
  /** Not attacks but common corruptions. */
  readonly corrupts?: boolean;
  /** Answers are means over so many draws, for models whose answers are random. */
  readonly draws?: number;
  stages(norm: NormName): readonly PresetStage[];
}

const quick: Preset = {
  name: 'quick',
  summary: 'fgsm and pgd of 20 steps: a first look',
  stages: () => [
    { attack: fgsm, options: {} },
    { attack: pgd, options: {} },
  ],
};

/** The protocol of CF-AMC-SSL (arXiv 2501.03507): PGD from the image itself with steps of 0.01; 5 steps are those of its training. */
const paper: Preset = {
  name: 'paper',
  summary: 'pgd of 5 and of 20 steps of 0.01 from the image itself, at 4/255 and 8/255: the protocol of CF-AMC-SSL',
  epsilons: ['4/255', '8/255'],
  stages: () => [5, 20].map((steps) => ({ attack: pgd, options: { steps, stepSize: 0.01, randomStart: false } })),
};

/** Composition, order and constants of AutoAttack (Croce and Hein, arXiv 2003.01690, section 5; for l1 arXiv 2103.01208). */
const standard: Preset = {
  name: 'standard',
  summary: 'the standard ensemble of AutoAttack: apgd, apgd-t, fab-t and square',
  stages: (norm) => [
    { attack: apgd, options: { loss: 'ce', restarts: norm === 'l1' ? 5 : 1 } },
    { attack: apgdT, options: {} },
    { attack: fabT, options: {} },
    { attack: square, options: {} },
  ],
};

const plus: Preset = {
  name: 'plus',
  summary: "AutoAttack's larger ensemble: apgd and apgd on DLR five times, fab five times, square, apgd-t, fab-t",
  stages: () => [
    { attack: apgd, options: { loss: 'ce', restarts: 5 } },
    { attack: apgd, options: { loss: 'dlr', restarts: 5 } },
    { attack: fab, options: { restarts: 5 } },
    { attack: square, options: {} },
    { attack: apgdT, options: {} },
    { attack: fabT, options: {} },
  ],
};

/** AutoAttack's version for randomised models, and Square, which there is not part of it, with fewer queries, as each is 20 passes. */
const rand: Preset = {
  name: 'rand',
  summary: 'for models whose answers are random: apgd on both losses and square, on means over 20 draws, verdicts by vote',
  draws: 20,
  stages: () => [
    { attack: apgd, options: { loss: 'ce' } },
    { attack: apgd, options: { loss: 'dlr' } },
    { attack: square, options: { queries: 500 } },
  ],
};

/** Random starts throughout: the distance of an embedding to itself has no gradient. */
const encoder: Preset = {
  name: 'encoder',
  summary: 'for embeddings: pgd of 20 steps, momentum-pgd and apgd from random starts, each to its end, so that the largest change counts',
  stages: () => [
    { attack: pgd, options: { earlyStop: false } },
    { attack: momentumPgd, options: { earlyStop: false } },
    { attack: apgd, options: { earlyStop: false } },
  ],
};

/** It looks for the nearest misclassified point, so that one radius says something about all smaller ones. */
const minimal: Preset = {
  name: 'minimal',
  summary: 'the nearest misclassified point of each image by ladder: accuracy at every radius up to the one that is given',
  stages: () => [{ attack: ladder, options: {} }],
};

const certify: Preset = {
  name: 'certify',
  summary: 'no attack: the Euclidean radius within which randomised smoothing certifies the class of each image',
  epsilons: ['0.25', '0.5', '0.75', '1'],
  certifies: true,
  stages: () => [],
};

const corruptions: Preset = {
  name: 'corruptions',
  summary: 'no attack: accuracy under common corruptions, such as noise, blur and JPEG, at five severities',
  epsilons: ['0'],
  corrupts: true,
  stages: () => [],
};

export const presets = table<Preset>('preset', [quick, paper, standard, plus, rand, encoder, minimal, certify, corruptions]);

/**
 * The stages of a preset at one radius, every constant filled in. `overrides` go to every stage whose attack has an option of that name.
 * Throws `usage` for one that no stage has, or a value that does not fit.
 */
export function presetStages(
  preset: Preset,
  { epsilon, norm, overrides = {} }: { epsilon: number; norm: NormName; overrides?: Readonly<Record<string, unknown>> },
): Stage[] {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const stages = preset.stages(norm);
  const names = (attack: Attack) => Object.keys((attack.options as TObject).properties);
  const unknown = given.find(([name]) => !stages.some(({ attack }) => names(attack).includes(name)));
  if (unknown !== undefined)
    throw new RobencError('usage', `No attack of the preset ${preset.name} has an option ${unknown[0]}. Leave it out.`, { field: unknown[0] });
  return stages.map(({ attack, options }) => {
    const own = Object.fromEntries(given.filter(([name]) => names(attack).includes(name)));
    return {
      attack,
      options: attack.complete(
        check(attack.options, { ...options, ...own, epsilon, norm }, `preset ${preset.name}, ${attack.name}`, { code: 'usage' }) as AttackOptions,
      ),
    };
  });
}
