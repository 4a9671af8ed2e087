/** @file An encoder or classifier of other origin, from an ONNX file: fine-tuning starts from its weights. */
import type * as tf from '@tensorflow/tfjs';
import { Type, type Static } from '@sinclair/typebox';
import { composite } from '@robenc/export/trace/composite.js';
import { RobencError } from '@robenc/shared/errors.js';
import { normalizeRows } from '../../tensors/normalize-rows.js';
import type { Encoder } from '../encoder.js';
import { applyProjector, initProjector } from '../projector.js';
import { startingPoint, type ModelSource, type StartingPoint } from './starting-point.js';

const channels = (fill: number, options: object) => Type.Array(Type.Number(options), { default: [fill], minItems: 1, maxItems: 3 });

const config = Type.Object(
  {
    path: Type.String({ minLength: 1, description: 'the ONNX file' }),
    sha256: Type.Optional(
      Type.String({ pattern: '^[0-9a-f]{64}$', description: 'of the file and its weights; a run writes it down, and refuses another file' }),
    ),
    output: Type.Optional(Type.String({ minLength: 1, description: 'its output; the only one, or "embedding", when left out' })),
    layout: Type.Union([Type.Literal('nchw'), Type.Literal('nhwc')], { default: 'nchw', description: 'the order of its axes' }),
    range: Type.Tuple([Type.Number(), Type.Number()], { default: [0, 1], description: 'what it takes for black and white' }),
    mean: { ...channels(0, {}), description: 'what is subtracted from each channel before the model' },
    std: { ...channels(1, { exclusiveMinimum: 0 }), description: 'what divides each channel then' },
    projector: Type.Union([Type.Literal('none'), Type.Literal('mlp')], {
      default: 'none',
      description: '`none`: the loss sees the output of the model; `mlp`: through a new projector, which is not exported',
    }),
    hidden: Type.Integer({ default: 2048, minimum: 1, description: 'width of that projector' }),
    projection: Type.Integer({ default: 128, minimum: 2, description: 'what it gives' }),
  },
  { additionalProperties: false },
);
export type OnnxEncoderConfig = Static<typeof config>;
type Config = OnnxEncoderConfig;

/** The model of a configuration. Throws `mismatch` where the file is another one than the run began with. */
function modelOf({ sha256, ...options }: Config): StartingPoint {
  const point = startingPoint(sourceOf(options));
  if (sha256 !== undefined && sha256 !== point.sha256)
    throw new RobencError(
      'mismatch',
      `${options.path} is not the file that the run began with: its SHA-256 is ${point.sha256}, not ${sha256}. Bring the old one back.`,
      {
        field: 'encoder.path',
      },
    );
  return point;
}

/** Of the options those that decide what is read from the file, and how; the projector is none of its business. */
export function sourceOf({ path, output, layout, range, mean, std }: Omit<Config, 'sha256'>): ModelSource {
  return { path, output, layout, range, mean, std };
}

/**
 * Statistics of batch normalisation stay those of the file (most exporters fold them away), so a pass through the model is the same in training and after.
 * Only the compiled engine can run it: tfjs has no form of a foreign graph.
 */
export const onnxEncoder: Encoder<Config> = {
  name: 'onnx',
  summary: 'an encoder or classifier from an ONNX file, to be fine-tuned (compiled engine only)',
  config,
  foreign: true,
  dimensions(options) {
    const { length } = modelOf(options);
    return { embedding: length, projection: options.projector === 'none' ? length : options.projection };
  },
  init(options, random) {
    const { weights, length } = modelOf(options);
    const initial = { params: { ...weights }, state: {}, random };
    if (options.projector === 'mlp') initProjector(initial, length, { embedding: options.hidden, projection: options.projection });
    return { params: initial.params, state: initial.state };
  },
  apply(options, params, state, x, mode) {
    const { graph, weights, length, size } = modelOf(options);
    const [batch, height, width] = x.shape;
    if (size !== null && (size.height !== height || size.width !== width))
      throw new RobencError(
        'bad-input',
        `${options.path} takes images of ${size.height} x ${size.width}, but views are ${height} x ${width}. ${size.height === size.width ? `Set data.size=${size.height}.` : 'Views are square: export the model for square images.'}`,
        { field: 'data.size' },
      );
    const inputs = [x, ...Object.keys(weights).map((name) => params[name]!)];
    const [embedding] = composite('OnnxModel', inputs, {}, [[batch, length]], refuseEager, graph) as [tf.Tensor2D];
    if (options.projector === 'none') return { embedding, output: embedding, projection: normalizeRows(embedding), state: { ...state } };
    const next = {};
    const projected = applyProjector({ params, state, next, mode }, embedding);
    return { ...projected, embedding, state: mode === 'train' ? next : { ...state } };
  },
};

function refuseEager(): never {
  throw new RobencError('unsupported', 'An encoder from an ONNX file runs on the compiled engine only. Set engine.name to "onnx".', { field: 'engine.name' });
}
