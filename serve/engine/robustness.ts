/** @file Attacks on a few images, and what they found, said so that nobody reads more into it than it shows. */
import type { Attack, AttackOptions, Outcome } from '@robenc/shared/attacks/attack.js';
import { createBatch } from '@robenc/shared/attacks/batch.js';
import { encodePng } from '@robenc/shared/images/decode.js';
import { fromTensor, toTensor } from '@robenc/shared/images/image.js';
import { norms } from '@robenc/shared/attacks/norms.js';
import type { PreparedImage } from '../images/recipe.js';
import { classifyImages, prediction, type Prediction } from './classify.js';
import type { Call } from './compute.js';
import { cosineShift, embedImages } from './embed.js';
import type { ServedModel } from './model.js';
import { oracleOf } from './oracle.js';
import type { SmoothingOptions } from '@robenc/shared/evaluation/smoothed-class.js';
import { smoothedClass, type ServedCertificate } from './certificate.js';
import { quantizedOutcomes } from './quantize.js';
import { attackRadii } from './radii.js';

export interface RobustnessJob {
  readonly images: readonly PreparedImage[];
  /** Per image: the true class, or null to attack what the model says about the clean image. */
  readonly labels: readonly (number | null)[];
  readonly attack: Attack;
  /** The options at each radius, ascending. */
  readonly options: readonly AttackOptions[];
  /** Look for the smallest radius that breaks, to this precision; null: do not. */
  readonly bisect: number | null;
  /** Count only what survives the rounding to 8 bits. */
  readonly quantized: boolean;
  readonly smoothing: SmoothingOptions | null;
  readonly seed: number;
  /** Also give the adversarial image as an 8-bit PNG. */
  readonly adversarialImages: boolean;
}

/** `misclassified`: wrong before any attack; `not robust`: an image within epsilon is misclassified; else `not proven robust`: this attack found none. */
export type Verdict = 'misclassified' | 'not robust' | 'not proven robust';

export interface AdversarialImage {
  /** PNG file, 8 bits a channel, in the model's input size. */
  readonly png: Uint8Array;
  /** Of the image as stored in the PNG: rounding to 8 bits may undo a flip. */
  readonly prediction: Prediction;
  /** Greatest change of the stored image, in pixels of [0,1]; rounding may add up to 1/510 to that of the attack. */
  readonly linf: number;
}

export interface RobustnessResult {
  readonly clean: Prediction;
  readonly adversarial: Prediction;
  readonly label: { readonly index: number; readonly label: string; readonly source: 'request' | 'prediction' };
  readonly flipped: boolean;
  readonly verdict: Verdict;
  /** Cross-entropy with the label. */
  readonly loss: { readonly before: number; readonly after: number };
  /** 1 - cosine between the embeddings of the clean and the adversarial image. */
  readonly embeddingCosineShift: number;
  readonly linf: number;
  readonly l2: number;
  readonly gradientEvaluations: number;
  readonly warnings: readonly string[];
  readonly adversarialImage: AdversarialImage | null;
  /** float32 [3,height,width]. */
  readonly adversarialPixels: Float32Array;
  readonly radii: readonly {
    readonly epsilon: number;
    readonly verdict: Verdict;
    readonly adversarial: Prediction['index'];
    readonly linf: number;
    readonly l2: number;
  }[];
  readonly smallest: { readonly broken: number; readonly unbroken: number } | null;
  readonly certificate: ServedCertificate | null;
}

/** Runs the attack on every image. What is found depends on image, label, options and seed alone, not on the other images. */
export async function checkRobustness(model: ServedModel, job: RobustnessJob, call: Call): Promise<RobustnessResult[]> {
  const { images } = job;
  const clean = (await classifyImages(model, images, call)).map((logits) => prediction(model, logits));
  const labels = Int32Array.from(job.labels, (label, i) => label ?? clean[i]!.index);
  const data = new Float32Array(images.length * images[0]!.data.length);
  images.forEach((image, row) => data.set(image.data, row * image.data.length));
  const x = createBatch(
    data,
    [3, model.input.height, model.input.width],
    // One id for all, because an image must fare the same alone and in company.
    images.map(() => 'image'),
  );
  const oracle = oracleOf(model, call);
  const all = await attackRadii(
    {
      oracle,
      x,
      labels,
      attack: job.attack,
      options: job.options,
      seed: job.seed,
      signal: call.signal,
      finish: (found, some, epsilon) => (job.quantized ? quantizedOutcomes(found, some, epsilon, oracle) : Promise.resolve(found)),
    },
    job.bisect,
  );
  const outcomes = all.map((one) => one.outcomes.at(-1)!);
  const { smoothing } = job;
  const certificates = await Promise.all(
    images.map((image) => (smoothing === null ? Promise.resolve(null) : smoothedClass(model, image, smoothing, job.seed, call))),
  );
  const found = outcomes.map((outcome) => asImage(outcome.adversarial, images[0]!));
  const [adversarial, embeddings, stored] = await Promise.all([
    classifyImages(model, found, call),
    embedImages(model, [...images, ...found], call),
    job.adversarialImages ? storedImages(model, outcomes, images, call) : null,
  ]);
  return outcomes.map((outcome, i) => {
    const source = job.labels[i] === null ? 'prediction' : 'request';
    const after = prediction(model, adversarial[i]!);
    return {
      clean: clean[i]!,
      adversarial: after,
      label: { index: labels[i]!, label: model.classes[labels[i]!]!, source },
      flipped: after.index !== clean[i]!.index,
      verdict: clean[i]!.index !== labels[i] ? 'misclassified' : after.index !== labels[i] ? 'not robust' : 'not proven robust',
      loss: { before: outcome.lossBefore, after: outcome.lossAfter },
      embeddingCosineShift: cosineShift(embeddings[i]!, embeddings[images.length + i]!),
      linf: outcome.linf,
      l2: outcome.l2,
      gradientEvaluations: outcome.iterations,
      warnings: warningsOf(outcome),
      adversarialImage: stored?.[i] ?? null,
      adversarialPixels: outcome.adversarial,
      radii: all[i]!.outcomes.map((one, k) => ({
        epsilon: job.options[k]!.epsilon,
        verdict: clean[i]!.index !== labels[i] ? ('misclassified' as const) : one.broken ? ('not robust' as const) : ('not proven robust' as const),
        adversarial: one.adversarialPrediction,
        linf: one.linf,
        l2: one.l2,
      })),
      smallest: all[i]!.smallest,
      certificate: certificates[i]!,
    };
  });
}

/** The adversarial images as a PNG stores them, and what the model says about those. */
async function storedImages(model: ServedModel, outcomes: readonly Outcome[], images: readonly PreparedImage[], call: Call): Promise<AdversarialImage[]> {
  const { height, width } = model.input;
  const rounded = outcomes.map((outcome) => fromTensor(outcome.adversarial, height, width));
  const tensors = rounded.map((image) => toTensor([image]).data as Float32Array);
  const [logits, pngs] = await Promise.all([
    classifyImages(
      model,
      tensors.map((data) => asImage(data, images[0]!)),
      call,
    ),
    Promise.all(rounded.map((image) => encodePng(image))),
  ]);
  return pngs.map((png, i) => ({ png, prediction: prediction(model, logits[i]!), linf: norms.linf.distance(tensors[i]!, images[i]!.data) }));
}

function asImage(data: Float32Array, { width, height }: PreparedImage): PreparedImage {
  return { rows: 1, data, width, height };
}

/** Signs that the attack could not see, so that its failure says even less. */
function warningsOf({ zeroGradients, nonFiniteGradients, iterations }: Outcome): string[] {
  const warnings: string[] = [];
  if (zeroGradients > 0)
    warnings.push(
      `The gradient was zero in ${zeroGradients} of ${iterations} evaluations: the model may mask its gradients, and a stronger attack may succeed.`,
    );
  if (nonFiniteGradients > 0)
    warnings.push(`The gradient was not finite in ${nonFiniteGradients} of ${iterations} evaluations: the model may be numerically broken there.`);
  return warnings;
}
