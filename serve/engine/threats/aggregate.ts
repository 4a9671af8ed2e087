/** @file The head on the mean over crops: attacked through the source image and its fixed crops, or on every crop by itself. */
import { createBatch } from '@robenc/shared/attacks/batch.js';
import type { Batch, Oracle } from '@robenc/shared/attacks/attack.js';
import { argmaxRow, softmaxRow } from '@robenc/shared/math/logits.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { classifyCrops, prediction, type Prediction } from '../classify.js';
import { floatRows, type Call } from '../compute.js';
import { madeGraph } from '../made-graphs.js';
import { graphOf, type ServedModel } from '../model.js';
import { cropSlopes, plainSlopes, type Slopes } from './slopes.js';
import type { Attacked, ServedThreat, ThreatContext } from './threat.js';

export const aggregateImage: ServedThreat = {
  name: 'aggregate-image',
  text: 'patch-aggregate head; one perturbation on the image as the model sees it, white-box through its fixed crops (bilinear), encoder, mean and head',
  crops: true,
  labelFree: false,
  async build(context) {
    const { model, images, crops, call, prepareFile } = context;
    const slopes = await cropSlopes(model, crops!, call);
    const predictFile = async (png: Uint8Array) => (await served(model, [await prepareFile(png, crops)], call))[0]!;
    const points = images.map(({ data }) => data);
    return [{ ...(await attacked(context, slopes, points, [3, model.input.height, model.input.width])), predictFile }];
  },
};

/** More than any change of the source image can do. */
export const aggregateCrops: ServedThreat = {
  name: 'aggregate-crops',
  text: 'patch-aggregate head; an independent perturbation on every crop, each within its own ball: more than any change of the image can do',
  crops: true,
  labelFree: false,
  async build(context) {
    const { model, cropped, crops, call } = context;
    const slopes = await plainSlopes(model, crops!.count, call);
    const points = cropped!.map(({ data }) => data);
    return [await attacked(context, slopes, points, [crops!.count, 3, model.input.height, model.input.width])];
  },
};

async function attacked({ model, cropped, call }: ThreatContext, slopes: Slopes, points: readonly Float32Array[], shape: readonly number[]): Promise<Attacked> {
  const oracle = await aggregateOracle(model, slopes, call);
  const batch = (some: readonly Float32Array[]): Batch => {
    const data = new Float32Array(some.length * points[0]!.length);
    some.forEach((one, row) => data.set(one, row * one.length));
    return createBatch(
      data,
      shape,
      some.map(() => 'image'),
    );
  };
  const clean = await served(model, cropped!, call);
  return {
    indices: points.map((_, i) => i),
    oracle,
    x: batch(points),
    clean,
    labels: clean.map(({ index }) => index),
    async predict(some) {
      const logits = await oracle.forward(batch(some));
      return some.map((_, row) => {
        const index = argmaxRow(logits, oracle.classes, row);
        return { index, label: model.classes[index]!, probability: softmaxRow(logits, oracle.classes, row)[index]! };
      });
    },
    predictFile: null,
    async embed(some) {
      const means = await meanRows(slopes, batch(some));
      return some.map((_, row) => means.data.slice(row * means.width, (row + 1) * means.width));
    },
  };
}

/** What /v1/classify says of the same crops. */
async function served(model: ServedModel, cropped: readonly Parameters<typeof classifyCrops>[1][number][], call: Call): Promise<Prediction[]> {
  return (await classifyCrops(model, cropped, call)).map((logits) => prediction(model, logits));
}

async function meanRows(slopes: Slopes, x: Batch): Promise<{ data: Float32Array; width: number }> {
  const { data, width } = await slopes.embed(x);
  const means = new Float32Array(x.count * width);
  for (let row = 0; row < x.count * slopes.several; row++) {
    const at = Math.floor(row / slopes.several) * width;
    for (let j = 0; j < width; j++) means[at + j]! += data[row * width + j]! / slopes.several;
  }
  return { data: means, width };
}

/** The gradient goes back through head, mean and encoder: each crop gets its share of that of the mean. */
async function aggregateOracle(model: ServedModel, slopes: Slopes, call: Call): Promise<Oracle> {
  const head = graphOf(model, 'aggregateHead');
  const headGradient = await madeGraph(model, 'headGradient');
  const asTensor = (data: Float32Array, width: number): TensorData => ({ dtype: 'float32', shape: [data.length / width, width], data });
  return {
    classes: model.classes.length,
    async forward(x) {
      const { data, width } = await meanRows(slopes, x);
      return (await floatRows(call, head, { embedding: asTensor(data, width) }, 'logits')).data;
    },
    async lossAndGradient(x, labels) {
      const { data, width } = await meanRows(slopes, x);
      const label: TensorData = { dtype: 'int64', shape: [x.count], data: BigInt64Array.from(labels, BigInt) };
      const answers = await call.compute.run(headGradient, { embedding: asTensor(data, width), label }, call);
      const [loss, logits, slope] = ['loss', 'logits', 'gradient'].map((name) => answers[name]!.data as Float32Array) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const cotangents = new Float32Array(x.count * slopes.several * width);
      for (let row = 0; row < x.count * slopes.several; row++) {
        const at = Math.floor(row / slopes.several) * width;
        for (let j = 0; j < width; j++) cotangents[row * width + j] = slope[at + j]! / slopes.several;
      }
      return { loss, logits, gradient: await slopes.pull(x, cotangents) };
    },
  };
}
