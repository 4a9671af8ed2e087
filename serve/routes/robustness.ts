/** @file POST /v1/robustness: attacks an image on the fly and tells what came of it. */
import { Type } from '@sinclair/typebox';
import { attacks } from '@robenc/shared/attacks/index.js';
import { check } from '@robenc/shared/config/check.js';
import { parseEpsilon } from '@robenc/shared/config/epsilon.js';
import type { AttackOptions } from '@robenc/shared/attacks/attack.js';
import { classIndex, identityOf, type ServedModel } from '../engine/model.js';
import { checkRobustness, type RobustnessResult } from '../engine/robustness.js';
import { ApiError } from '../errors.js';
import { writeNpy } from '../input/npy.js';
import { defineRoute } from './route.js';
import { Result, RobustnessOptions, USABLE } from './robustness-schema.js';
import { closed, ModelIdentity, RequestId } from './schemas.js';

export default defineRoute({
  name: 'robustness',
  method: 'post',
  path: '/v1/robustness',
  summary: 'whether an attack changes what the model says about an image',
  description:
    'A white-box attack on the image as the model sees it (fitted to the input size), within a ball around it. The answer can show that an image is not robust; it can never show that it is.',
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
        { model: Type.Literal('image'), norm: Type.String(), epsilon: Type.Number() },
        { ...closed, description: 'what the attacker may change' },
      ),
      results: Type.Array(Result, { description: 'one per image, in the order they were sent' }),
      statement: Type.String({ description: 'what these results do and do not say' }),
    },
    closed,
  ),
  errors: ['bad_input', 'bad_image', 'model_not_found', 'too_large', 'unsupported_media_type', 'overloaded', 'unavailable', 'deadline_exceeded'],
  async handle({ options, ...request }, context) {
    const model = context.model(options.model);
    const attack = attackOf(options.attack);
    const radii = epsilonsOf(options);
    const allOptions = radii.map((epsilon) => attack.complete(attackOptionsOf(options, attack.name, epsilon)));
    const attackOptions = allOptions.at(-1)!;
    const labels = labelsOf(options, request.images.length, model);
    const images = await context.prepare(model, request);
    const job = {
      images,
      labels,
      attack,
      options: allOptions,
      bisect: options.smallest ? options.tolerance : null,
      quantized: options.quantized,
      smoothing: options.sigma === undefined ? null : { sigma: options.sigma, draws: options.draws, alpha: options.alpha },
      seed: options.seed,
      adversarialImages: options.adversarialImage,
    };
    const results = await checkRobustness(model, job, context.call('background'));
    const { norm = 'linf' } = attackOptions as AttackOptions & { norm?: string };
    return {
      model: identityOf(model),
      requestId: context.requestId,
      attack: { name: attack.name, options: { ...attackOptions }, seed: options.seed },
      threat: { model: 'image' as const, norm, epsilon: attackOptions.epsilon },
      results: results.map((result) => answerOf(result, options.adversarialArray, model)),
      statement: `An image that ${attack.name} did not break within epsilon ${attackOptions.epsilon} (${norm}) is not proven robust: a stronger attack may still succeed.`,
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

function answerOf({ adversarialImage, adversarialPixels, warnings, radii, ...result }: RobustnessResult, array: boolean, { input }: ServedModel): Result {
  return {
    ...result,
    radii: [...radii],
    adversarialArray: array ? Buffer.from(writeNpy([1, 3, input.height, input.width], adversarialPixels)).toString('base64') : null,
    warnings: [...warnings],
    adversarialImage: adversarialImage === null ? null : { ...adversarialImage, png: Buffer.from(adversarialImage.png).toString('base64') },
  };
}
