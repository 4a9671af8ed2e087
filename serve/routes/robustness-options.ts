/** @file What the options of POST /v1/robustness mean together: each rule a function, which refuses what would have no effect. */
import type { AttackOptions } from '@robenc/shared/attacks/attack.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { check } from '@robenc/shared/config/check.js';
import { parseEpsilon } from '@robenc/shared/config/epsilon.js';
import type { SmoothingOptions } from '@robenc/shared/evaluation/smoothed-class.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { classIndex, graphOf, type ServedModel } from '../engine/model.js';
import type { ServedThreat } from '../engine/threats/threat.js';
import { ApiError } from '../errors.js';
import type { CropRequest } from '../images/recipe.js';
import { UNSAID, USABLE, type RobustnessOptions } from './robustness-schema.js';

/** Throws `bad_input` for an attack that there is not, or not here. */
export function attackOf(name: string) {
  if (!USABLE.includes(name)) {
    const problem = attacks.has(name)
      ? `The attack "${name}" needs gradients of margins, which the server does not compute; robenc audit does.`
      : `There is no attack "${name}".`;
    throw new ApiError('bad_input', `${problem} There are: ${USABLE.join(', ')}.`, { field: 'attack' });
  }
  return attacks.get(name);
}

/** Checked against the attack's own schema, so that an option that it does not have is refused and not ignored. */
export function attackOptionsOf(options: RobustnessOptions, name: string, epsilon: number): AttackOptions {
  const { stepSize, steps, randomStart, restarts, queries, norm } = options;
  const given = {
    epsilon,
    norm,
    stepSize: stepSize === undefined ? undefined : parseEpsilon(stepSize, { field: 'stepSize', maximum: norm === 'l2' ? Infinity : 1 }),
    steps,
    randomStart,
    restarts,
    queries,
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return check(attacks.get(name).options, present, `options of the attack ${name}`) as AttackOptions;
}

/** The radii, ascending, each once. */
export function epsilonsOf({ epsilon, epsilons, norm, quantized }: RobustnessOptions): number[] {
  if ((epsilon === undefined) === (epsilons === undefined))
    throw new ApiError('bad_input', epsilon === undefined ? 'epsilon is missing.' : 'Both epsilon and epsilons are given.', {
      field: 'epsilon',
      remedy: 'Give "epsilon" for one radius, or "epsilons" for several.',
    });
  if (quantized && norm === 'l2') throw new ApiError('bad_input', 'quantized keeps within a ball of the norm linf only.', { field: 'quantized' });
  const maximum = norm === 'l2' ? Infinity : 1;
  const all = epsilons === undefined ? [parseEpsilon(epsilon, { maximum })] : epsilons.map((one, i) => parseEpsilon(one, { field: `epsilons[${i}]`, maximum }));
  return [...new Set(all)].sort((a, b) => a - b);
}

/** The class that each image stands for; null: what the model says of it. */
export function labelsOf({ label, labels }: RobustnessOptions, images: number, model: ServedModel): (number | null)[] {
  if (label !== undefined && labels !== undefined)
    throw new ApiError('bad_input', 'Both label and labels are given.', {
      field: 'labels',
      remedy: 'Give "label" for one image, or "labels" with one per image.',
    });
  if (labels === undefined && label === undefined) return Array.from({ length: images }, () => null);
  const all = labels ?? [label!];
  if (all.length !== images)
    throw new ApiError('bad_input', `There are ${images} images and ${all.length} labels.`, {
      field: labels === undefined ? 'label' : 'labels',
      remedy: 'Give "label" for one image, or "labels" with one per image.',
    });
  return all.map((item, i) => classIndex(model, item, labels === undefined ? 'label' : `labels[${i}]`));
}

/** Those of the request, or as the aggregate head was fitted; null for other threat models. The same seed and image give the same crops as in /v1/classify. */
export function cropsOf({ crops, scheme, seed }: RobustnessOptions, threat: ServedThreat, model: ServedModel): CropRequest | null {
  if (!threat.crops) return null;
  graphOf(model, 'aggregateHead');
  const fitted = model.manifest?.heads.aggregate;
  return { count: crops ?? fitted?.crops ?? 16, scheme: scheme ?? fitted?.scheme ?? 'crops', seed };
}

/** null where no certificate is asked for. */
export function smoothingOf({ sigma, draws = UNSAID.draws, alpha = UNSAID.alpha }: RobustnessOptions): SmoothingOptions | null {
  return sigma === undefined ? null : { sigma, draws, alpha };
}

/** Options that have a meaning beside another only. */
const BESIDE = [
  ['tolerance', 'smallest'],
  ['draws', 'sigma'],
  ['alpha', 'sigma'],
] as const;

/** Throws `bad_input` for options that have no meaning alone or in the threat model, so that they are refused and not ignored. */
export function refuseOthers(options: RobustnessOptions, threat: ServedThreat, tensor: TensorData['dtype'] | null): void {
  const refuse = (field: keyof RobustnessOptions, why: string) => {
    throw new ApiError('bad_input', `${field} has no meaning in the threat model ${threat.name}: ${why}.`, { field });
  };
  for (const [field, other] of BESIDE)
    if (options[field] !== undefined && (options[other] ?? false) === false)
      throw new ApiError('bad_input', `${field} has no effect without ${other}.`, { field, remedy: `Give ${other} too, or leave ${field} out.` });
  if (!threat.crops) for (const field of ['crops', 'scheme'] as const) if (options[field] !== undefined) refuse(field, 'it is about whole images');
  if (!threat.labelFree && options.threshold !== undefined) refuse('threshold', 'it is about classes');
  if (threat.labelFree) for (const field of ['label', 'labels'] as const) if (options[field] !== undefined) refuse(field, 'it needs no labels');
  if (threat.name !== 'image' && options.sigma !== undefined) refuse('sigma', 'certificates are those of the whole-image classifier');
  if (threat.name === 'aggregate-crops' && options.adversarialImage)
    refuse('adversarialImage', 'what it finds are crops, and no image has them; ask for adversarialArray');
  if (threat.crops && tensor === 'float32') throw new ApiError('bad_input', 'Crops are cut from 8-bit pixels; send uint8.', { field: 'tensor' });
}
