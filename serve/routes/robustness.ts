/** @file POST /v1/robustness: attacks an image on the fly and tells what came of it. */
import { Type } from '@sinclair/typebox';
import type { AttackOptions } from '@robenc/shared/attacks/attack.js';
import { CropSchemeName } from '@robenc/shared/config/manifest.js';
import { identityOf } from '../engine/model.js';
import { threats } from '../engine/threats/index.js';
import { checkRobustness, type RobustnessResult } from '../engine/robustness.js';
import { writeNpy } from '@robenc/shared/images/npy.js';
import { defineRoute } from './route.js';
import { attackOf, attackOptionsOf, cropsOf, epsilonsOf, labelsOf, refuseOthers, smoothingOf } from './robustness-options.js';
import { Result, RobustnessOptions, UNSAID } from './robustness-schema.js';
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
