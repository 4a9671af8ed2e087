/** @file POST /v1/robustness: attacks an image on the fly and tells what came of it. */
import { Type } from '@sinclair/typebox';
import { attacks } from '@robenc/shared/attacks/index.js';
import { check } from '@robenc/shared/config/check.js';
import { parseEpsilon } from '@robenc/shared/config/epsilon.js';
import type { AttackOptions } from '@robenc/shared/attacks/attack.js';
import type { SmoothingOptions } from '@robenc/shared/evaluation/smoothed-class.js';
import { CropSchemeName } from '@robenc/shared/config/manifest.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { classIndex, graphOf, identityOf, type ServedModel } from '../engine/model.js';
import { threats } from '../engine/threats/index.js';
import type { ServedThreat } from '../engine/threats/threat.js';
import type { CropRequest } from '../images/recipe.js';
import { checkRobustness, type RobustnessResult } from '../engine/robustness.js';
import { ApiError } from '../errors.js';
import { writeNpy } from '@robenc/shared/images/npy.js';
import { defineRoute } from './route.js';
import { Result, RobustnessOptions, UNSAID, USABLE } from './robustness-schema.js';
import { closed, IMAGE_ERRORS, ModelIdentity, RequestId } from './schemas.js';

export default defineRoute({
  name: 'robustness',
  method: 'post',
  path: '/v1/robustness',
  summary: 'whether an attack changes what the model says about an image',
  description:
    'A white-box attack on the image as the model sees it (fitted to the input size), within a ball around it: against its class, against that of the mean over its crops, or without labels against its embedding. The answer can show that an image is not robust; it can never show that it is.',
  options: RobustnessOptions,
  images: 16,
  response: Type.Object(
    {
      model: ModelIdentity,
      requestId: RequestId,
      attack: Type.Object(
        { name: Type.String(), options: Type.Record(Type.String(), Type.Unknown()), seed: Type.Integer() },
        { ...closed, description: 'what was run, all defaults filled in' },
      ),
      threat: Type.Object(
        {
          model: RobustnessOptions.properties.threat,
          text: Type.String(),
          crops: Type.Union([Type.Object({ count: Type.Integer(), scheme: CropSchemeName, seed: Type.Integer() }, closed), Type.Null()]),
          norm: Type.String(),
          epsilon: Type.Number(),
        },
        { ...closed, description: 'what the attacker may change' },
      ),
      results: Type.Array(Result, { description: 'one per image, in the order they were sent' }),
      statement: Type.String({ description: 'what these results do and do not say' }),
    },
    closed,
  ),
  errors: IMAGE_ERRORS,
  async handle({ options, ...request }, context) {
    const model = context.model(options.model);
    const attack = attackOf(options.attack);
    const radii = epsilonsOf(options);
    const allOptions = radii.map((epsilon) => attack.complete(attackOptionsOf(options, attack.name, epsilon)));
    const attackOptions = allOptions.at(-1)!;
    const threat = threats.get(options.threat);
    const crops = cropsOf(options, threat, model);
    refuseOthers(options, threat, request.tensor?.dtype ?? null);
    const count = request.tensor === null ? request.images.length : (request.tensor.shape[0] ?? 0);
    const labels = threat.labelFree ? Array.from({ length: count }, () => null) : labelsOf(options, count, model);
    const images = await context.prepare(model, request);
    const cropped = crops === null ? null : await context.prepare(model, request, crops);
    const call = context.call('background');
    const job = {
      threat,
      model,
      images,
      cropped,
      crops,
      threshold: options.threshold ?? null,
      call,
      prepareFile: context.prepareFile(model),
      labels,
      attack,
      options: allOptions,
      bisect: options.smallest ? (options.tolerance ?? UNSAID.tolerance) : null,
      quantized: options.quantized,
      smoothing: smoothingOf(options),
      seed: options.seed,
      adversarialImages: options.adversarialImage,
    };
    const results = await checkRobustness(job);
    const { norm = 'linf' } = attackOptions as AttackOptions & { norm?: string };
    return {
      model: identityOf(model),
      requestId: context.requestId,
      attack: { name: attack.name, options: { ...attackOptions }, seed: options.seed },
      threat: { model: threat.name, text: threat.text, crops, norm, epsilon: attackOptions.epsilon },
      results: results.map((result) => answerOf(result, options.adversarialArray)),
      statement: `An image that ${attack.name} did not break within epsilon ${attackOptions.epsilon} (${norm}, threat model ${threat.name}) is not proven robust: a stronger attack may still succeed.`,
    };
  },
});

function attackOf(name: string) {
  if (!USABLE.includes(name)) {
    const problem = attacks.has(name)
      ? `The attack "${name}" needs gradients of margins, which the server does not compute; robenc audit does.`
      : `There is no attack "${name}".`;
    throw new ApiError('bad_input', `${problem} There are: ${USABLE.join(', ')}.`, { field: 'attack' });
  }
  return attacks.get(name);
}

/** Checked against the attack's own schema, so that an option that it does not have is refused and not ignored. */
function attackOptionsOf(options: RobustnessOptions, name: string, epsilon: number): AttackOptions {
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
function epsilonsOf({ epsilon, epsilons, norm, quantized }: RobustnessOptions): number[] {
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

function labelsOf({ label, labels }: RobustnessOptions, images: number, model: ServedModel): (number | null)[] {
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
function cropsOf({ crops, scheme, seed }: RobustnessOptions, threat: ServedThreat, model: ServedModel): CropRequest | null {
  if (!threat.crops) return null;
  graphOf(model, 'aggregateHead');
  const fitted = model.manifest?.heads.aggregate;
  return { count: crops ?? fitted?.crops ?? 16, scheme: scheme ?? fitted?.scheme ?? 'crops', seed };
}

function smoothingOf({ sigma, draws = UNSAID.draws, alpha = UNSAID.alpha }: RobustnessOptions): SmoothingOptions | null {
  return sigma === undefined ? null : { sigma, draws, alpha };
}

/** Options that have a meaning beside another only. */
const BESIDE = [
  ['tolerance', 'smallest'],
  ['draws', 'sigma'],
  ['alpha', 'sigma'],
] as const;

/** Throws `bad_input` for options that have no meaning alone or in the threat model, so that they are refused and not ignored. */
function refuseOthers(options: RobustnessOptions, threat: ServedThreat, tensor: TensorData['dtype'] | null): void {
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

function answerOf({ adversarialImage, adversarialPixels, pointShape, warnings, radii, embedding, ...result }: RobustnessResult, array: boolean): Result {
  return {
    ...result,
    radii: [...radii],
    embedding: embedding === null ? null : { ...embedding },
    adversarialArray: array
      ? Buffer.from(writeNpy(pointShape.length === 3 ? [1, ...pointShape] : [...pointShape], adversarialPixels)).toString('base64')
      : null,
    warnings: [...warnings],
    adversarialImage: adversarialImage === null ? null : { ...adversarialImage, png: Buffer.from(adversarialImage.png).toString('base64') },
  };
}
