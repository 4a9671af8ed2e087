/** @file The whole-image classifier and its image. */
import { createBatch } from '@robenc/shared/attacks/batch.js';
import { classifyImages, prediction } from '../classify.js';
import { oracleOf } from '../oracle.js';
import { asImage, embedWhole } from './points.js';
import type { ServedThreat } from './threat.js';

export const image: ServedThreat = {
  name: 'image',
  text: 'whole-image head; one perturbation on the image as the model sees it, white-box through encoder and head',
  crops: false,
  labelFree: false,
  async build({ model, images, call, prepareFile }) {
    const predict = async (points: readonly Float32Array[]) =>
      (await classifyImages(model, points.map(asImage(model)), call)).map((logits) => prediction(model, logits));
    const data = new Float32Array(images.length * images[0]!.data.length);
    images.forEach((one, row) => data.set(one.data, row * one.data.length));
    const clean = await predict(images.map((one) => one.data));
    return [
      {
        indices: images.map((_, i) => i),
        oracle: oracleOf(model, call),
        // One id for all, because an image must fare the same alone and in company.
        x: createBatch(
          data,
          [3, model.input.height, model.input.width],
          images.map(() => 'image'),
        ),
        clean,
        labels: clean.map(({ index }) => index),
        predict,
        predictFile: async (png) => (await predict([(await prepareFile(png, null)).data]))[0]!,
        embed: (points) => embedWhole(model, points, call),
      },
    ];
  },
};
