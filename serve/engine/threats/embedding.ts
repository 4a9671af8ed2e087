/** @file Encoders without labels: how far a perturbation moves an embedding from that of the clean image. */
import { createBatch } from '@robenc/shared/attacks/batch.js';
import type { Batch, Oracle } from '@robenc/shared/attacks/attack.js';
import { RobencError } from '@robenc/shared/errors.js';
import { classifyImages, prediction } from '../classify.js';
import { cosineShift } from '../embed.js';
import { asImage, embedWhole } from './points.js';
import { plainSlopes, type Slopes } from './slopes.js';
import type { Attacked, Moved, ServedThreat, ThreatContext } from './threat.js';

/** A distance of an embedding from its anchor, and its gradient by the embedding. Attacks climb `value`, which is `distance` to the power of `power`. */
interface Measure {
  readonly name: Moved['measure'];
  readonly power: 1 | 2;
  distance(embedding: Float32Array, anchor: Float32Array): number;
  slope(embedding: Float32Array, anchor: Float32Array): Float32Array;
}

const LEAST_LENGTH = 1e-12;

/** value = |e - a|²;  d value / de = 2 (e - a) */
const euclidean: Measure = {
  name: 'distance',
  power: 2,
  distance: (e, a) => Math.sqrt(e.reduce((sum, value, j) => sum + (value - a[j]!) ** 2, 0)),
  slope: (e, a) => e.map((value, j) => 2 * (value - a[j]!)),
};

/** value = 1 - ê·â with unit vectors;  d value / de = (ê (ê·â) - â) / |e| */
const turn: Measure = {
  name: 'cosine',
  power: 1,
  distance: (e, a) => cosineShift(e, a),
  slope(e, a) {
    const [length, other] = [lengthOf(e), lengthOf(a)];
    const cosine = e.reduce((sum, value, j) => sum + (value / length) * (a[j]! / other), 0);
    return e.map((value, j) => ((value / length) * cosine - a[j]! / other) / length);
  },
};

function lengthOf(vector: Float32Array): number {
  return Math.max(Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)), LEAST_LENGTH);
}

export const embeddingDistance = threat('embedding-distance', euclidean, 'moves at least as far (Euclidean) as the threshold');
export const embeddingCosine = threat('embedding-cosine', turn, 'turns at least as far (one minus the cosine) as the threshold');

function threat(name: 'embedding-distance' | 'embedding-cosine', measure: Measure, what: string): ServedThreat {
  return {
    name,
    text: `encoder without labels; one perturbation on the image as the model sees it; broken when its embedding ${what}`,
    crops: false,
    labelFree: true,
    async build(context) {
      const { model, images, call } = context;
      const anchors = (await embedWhole(
        model,
        images.map(({ data }) => data),
        call,
      ))!;
      const thresholds = thresholdsOf(context, measure, anchors);
      // Last, because the graph may have to be made first, which takes much longer than to see that a threshold is missing.
      const slopes = await plainSlopes(model, 1, call);
      // One attack for each image, since the oracle must know which one it is; the queue joins their batches.
      return Promise.all(images.map((_, i) => attacked(context, slopes, measure, i, anchors[i]!, thresholds[i]!)));
    },
  };
}

/** Given, or the distance to the nearest other embedding of the request. Throws `bad-input` where there is neither. */
function thresholdsOf({ threshold }: ThreatContext, measure: Measure, anchors: readonly Float32Array[]): number[] {
  if (threshold !== null) return anchors.map(() => threshold);
  return anchors.map((anchor, i) => {
    const others = anchors.filter((_, k) => k !== i).map((other) => measure.distance(anchor, other));
    const nearest = Math.min(...others);
    if (nearest > 0 && Number.isFinite(nearest)) return nearest;
    throw new RobencError(
      'bad-input',
      others.length === 0
        ? 'threshold is missing: how far an embedding may move is only known by itself where several images are sent. Give threshold, or send several images.'
        : `threshold is missing: the embedding of image ${i} is also that of another one. Give threshold, or leave one of the two out.`,
      { field: 'threshold' },
    );
  });
}

async function attacked(
  { model, images, call, prepareFile }: ThreatContext,
  slopes: Slopes,
  measure: Measure,
  index: number,
  anchor: Float32Array,
  threshold: number,
): Promise<Attacked> {
  const predict = async (points: readonly Float32Array[]) =>
    model.graphs.classifier === undefined
      ? points.map(() => null)
      : (await classifyImages(model, points.map(asImage(model)), call)).map((logits) => prediction(model, logits));
  const { data } = images[index]!;
  return {
    indices: [index],
    oracle: displacementOracle(slopes, measure, anchor, threshold),
    x: createBatch(data, [3, model.input.height, model.input.width], ['image']),
    clean: await predict([data]),
    labels: null,
    predict,
    predictFile: async (png) => (await predict([(await prepareFile(png, null)).data]))[0]!,
    embed: (points) => embedWhole(model, points, call),
    moved: (_, embedding) => ({ measure: measure.name, distance: measure.distance(embedding, anchor), threshold }),
  };
}

/** Logits (0, (distance / threshold)^power - 1): class 0 as long as the embedding is nearer than the threshold. Loss: cross-entropy with class 0. */
function displacementOracle(slopes: Slopes, measure: Measure, anchor: Float32Array, threshold: number): Oracle {
  const scale = threshold ** measure.power;
  const look = async (x: Batch) => {
    const { data, width } = await slopes.embed(x);
    const rows = Array.from({ length: x.count }, (_, row) => data.subarray(row * width, (row + 1) * width));
    const excess = rows.map((row) => measure.distance(row, anchor) ** measure.power / scale - 1);
    const logits = new Float32Array(2 * x.count);
    excess.forEach((value, row) => (logits[2 * row + 1] = value));
    return { rows, excess, logits, width };
  };
  return {
    classes: 2,
    forward: async (x) => (await look(x)).logits,
    async lossAndGradient(x) {
      const { rows, excess, logits, width } = await look(x);
      const cotangents = new Float32Array(x.count * width);
      // d log(1 + exp(v)) / dv = 1 / (1 + exp(-v))
      rows.forEach((row, i) => {
        const factor = 1 / (1 + Math.exp(-excess[i]!)) / scale;
        cotangents.set(
          measure.slope(row, anchor).map((value) => factor * value),
          i * width,
        );
      });
      const loss = Float32Array.from(excess, (value) => (value > 30 ? value : Math.log1p(Math.exp(value))));
      return { loss, logits, gradient: await slopes.pull(x, cotangents) };
    },
  };
}
