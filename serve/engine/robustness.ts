/** @file Attacks on a few images, and what they found, said so that nobody reads more into it than it shows. */
import type { Attack, AttackOptions, Outcome } from '@robenc/shared/attacks/attack.js';
import { norms } from '@robenc/shared/attacks/norms.js';
import type { SmoothingOptions } from '@robenc/shared/evaluation/smoothed-class.js';
import { encodePng } from '@robenc/shared/images/decode.js';
import { fromTensor, toTensor } from '@robenc/shared/images/image.js';
import { smoothedClass, type ServedCertificate } from './certificate.js';
import type { Prediction } from './classify.js';
import { cosineShift } from './embed.js';
import { quantizedOutcomes } from './quantize.js';
import { attackRadii, type Radii } from './radii.js';
import type { Attacked, Moved, ServedThreat, ThreatContext } from './threats/threat.js';

export interface RobustnessJob extends ThreatContext {
  readonly threat: ServedThreat;
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

/**
 * `misclassified`: wrong before any attack; `not robust`: within epsilon an image is classified otherwise, or its embedding moves too far; else `not proven robust`:
 * this attack found none.
 */
export type Verdict = 'misclassified' | 'not robust' | 'not proven robust';

export interface AdversarialImage {
  /** PNG file, 8 bits a channel, in the model's input size. */
  readonly png: Uint8Array;
  /** Of the image as stored in the PNG: rounding to 8 bits may undo a flip. Null where there are no classes. */
  readonly prediction: Prediction | null;
  /** Greatest change of the stored image, in pixels of [0,1]; rounding may add up to 1/510 to that of the attack. */
  readonly linf: number;
}

export interface RobustnessResult {
  /** Null where there are no classes. */
  readonly clean: Prediction | null;
  readonly adversarial: Prediction | null;
  /** Null where the threat model needs no labels; so is `loss`, the cross-entropy with the label. */
  readonly label: { readonly index: number; readonly label: string; readonly source: 'request' | 'prediction' } | null;
  readonly loss: { readonly before: number; readonly after: number } | null;
  readonly flipped: boolean;
  readonly verdict: Verdict;
  /** Of threat models that are about embeddings. */
  readonly embedding: Moved | null;
  /** 1 - cosine between the embeddings of the clean and the adversarial image; null without an encoder. */
  readonly embeddingCosineShift: number | null;
  readonly linf: number;
  readonly l2: number;
  readonly gradientEvaluations: number;
  readonly warnings: readonly string[];
  readonly adversarialImage: AdversarialImage | null;
  /** float32, of `pointShape`. */
  readonly adversarialPixels: Float32Array;
  readonly pointShape: readonly number[];
  readonly radii: readonly {
    readonly epsilon: number;
    readonly verdict: Verdict;
    readonly adversarial: Prediction['index'] | null;
    readonly linf: number;
    readonly l2: number;
  }[];
  readonly smallest: { readonly broken: number; readonly unbroken: number } | null;
  readonly certificate: ServedCertificate | null;
}

/** Runs the attack on every image. What is found depends on image, label, options and seed alone, not on the other images (unless those set the threshold). */
export async function checkRobustness(job: RobustnessJob): Promise<RobustnessResult[]> {
  const groups = await job.threat.build(job);
  const results = await Promise.all(groups.map((group) => checkGroup(job, group)));
  const inOrder: RobustnessResult[] = [];
  groups.forEach(({ indices }, g) => indices.forEach((index, row) => (inOrder[index] = results[g]![row]!)));
  return inOrder;
}

async function checkGroup(job: RobustnessJob, group: Attacked): Promise<RobustnessResult[]> {
  const { oracle, x, clean, indices } = group;
  const labels = Int32Array.from(indices, (index, row) => (group.labels === null ? 0 : (job.labels[index] ?? group.labels[row]!)));
  const finish = (found: Outcome[], some: typeof x, epsilon: number) =>
    job.quantized ? quantizedOutcomes(found, some, epsilon, oracle) : Promise.resolve(found);
  const all = await attackRadii({ oracle, x, labels, attack: job.attack, options: job.options, seed: job.seed, signal: job.call.signal, finish }, job.bisect);
  const outcomes = all.map((one) => one.outcomes.at(-1)!);
  const points = outcomes.map(({ adversarial }) => adversarial);
  const originals = indices.map((_, row) => x.data.subarray(row * points[0]!.length, (row + 1) * points[0]!.length));
  const { smoothing, model, images, seed, call } = job;
  const [adversarial, embeddings, stored, certificates] = await Promise.all([
    group.predict(points),
    group.embed([...originals, ...points]),
    job.adversarialImages ? storedImages(job, group, points, originals) : null,
    Promise.all(indices.map(async (index) => (smoothing === null ? null : smoothedClass(model, images[index]!, smoothing, seed, call)))),
  ]);
  return outcomes.map((outcome, row) => {
    const [before, after] = [clean[row]!, adversarial[row]!];
    const wrong = group.labels !== null && before?.index !== labels[row];
    const [first, second] = embeddings === null ? [null, null] : [embeddings[row]!, embeddings[indices.length + row]!];
    // What a second look confirms, where the point has a class; what the attack saw, where only distances count.
    const broken = group.labels === null ? outcome.broken : after?.index !== labels[row];
    return {
      clean: before,
      adversarial: after,
      label:
        group.labels === null
          ? null
          : {
              index: labels[row]!,
              label: model.classes[labels[row]!]!,
              source: job.labels[indices[row]!] === null ? ('prediction' as const) : ('request' as const),
            },
      flipped: after?.index !== before?.index,
      verdict: verdictOf(wrong, broken),
      loss: group.labels === null ? null : { before: outcome.lossBefore, after: outcome.lossAfter },
      embedding: second === null ? null : (group.moved?.(row, second) ?? null),
      embeddingCosineShift: first === null || second === null ? null : cosineShift(first, second),
      linf: outcome.linf,
      l2: outcome.l2,
      gradientEvaluations: outcome.iterations,
      warnings: warningsOf(outcome),
      adversarialImage: stored?.[row] ?? null,
      adversarialPixels: outcome.adversarial,
      pointShape: x.shape,
      radii: radiiOf(job, all[row]!, wrong, group.labels !== null),
      smallest: all[row]!.smallest,
      certificate: certificates[row]!,
    };
  });
}

function verdictOf(wrong: boolean, broken: boolean): Verdict {
  return wrong ? 'misclassified' : broken ? 'not robust' : 'not proven robust';
}

function radiiOf({ options }: RobustnessJob, { outcomes }: Radii, wrong: boolean, labelled: boolean): RobustnessResult['radii'] {
  return outcomes.map((one, k) => ({
    epsilon: options[k]!.epsilon,
    verdict: verdictOf(wrong, one.broken),
    adversarial: labelled ? one.adversarialPrediction : null,
    linf: one.linf,
    l2: one.l2,
  }));
}

/** The adversarial images as a PNG stores them, and what the model says about those. */
function storedImages(
  { model }: RobustnessJob,
  { predictFile }: Attacked,
  points: readonly Float32Array[],
  originals: readonly Float32Array[],
): Promise<AdversarialImage[]> | null {
  if (predictFile === null) return null;
  const { height, width } = model.input;
  return Promise.all(
    points.map(async (point, row) => {
      const rounded = fromTensor(point, height, width);
      const png = await encodePng(rounded);
      return { png, prediction: await predictFile(png), linf: norms.linf.distance(toTensor([rounded]).data as Float32Array, originals[row]!) };
    }),
  );
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
