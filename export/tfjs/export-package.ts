/** @file From a TensorFlow.js model to a model package. */
import * as tf from '@tensorflow/tfjs';
import { RobencError } from '@robenc/shared/errors.js';
import { importModel, type ImportJob } from '@robenc/shared/deploy/import-onnx.js';
import type { WrittenPackage } from '@robenc/shared/package/stage.js';
import { convertTfjs, type TfjsConversionJob } from './convert-model.js';

export interface TfjsPackageJob {
  readonly conversion: TfjsConversionJob;
  /** What becomes of the graph; its layout is tfjs's. */
  readonly package: Omit<ImportJob, 'file' | 'graph' | 'kind' | 'layout' | 'parity'>;
}

/** Writes the package. Throws what conversion and import throw; nothing is written then. */
export async function exportTfjsPackage({ conversion, package: job }: TfjsPackageJob): Promise<WrittenPackage> {
  if (typeof conversion.size?.height === 'string')
    throw new RobencError('usage', 'A package has images of one size: name it, as in --size 224x224. `robenc convert` keeps sizes free.', { field: 'size' });
  const { graph, checks } = await convertTfjs(conversion);
  if (graph.inputs.length !== 1)
    throw new RobencError('unsupported', `The model takes ${graph.inputs.map(({ name }) => name).join(', ')}; a package needs one input, the images.`);
  return importModel({
    ...job,
    file: conversion.modelJson,
    graph,
    kind: 'tfjs',
    layout: 'nhwc',
    parity: checks.map(({ maxRelativeError, maxAbsoluteError, tolerance, batch }) => ({
      graph: 'model',
      against: `tfjs ${tf.version.tfjs} on the CPU${conversion.via === 'tf2onnx' ? ', converted by tf2onnx' : ''}`,
      maxRelativeError,
      maxAbsoluteError,
      images: batch,
      tolerance,
    })),
  });
}
