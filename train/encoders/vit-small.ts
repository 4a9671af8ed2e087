/** @file A small vision transformer. */
import * as tf from '@tensorflow/tfjs';
import { Type, type Static } from '@sinclair/typebox';
import { RobencError } from '@robenc/shared/errors.js';
import { applyBlock, initBlock, initLayerNorm, layerNorm, type BlockSizes } from './attention.js';
import type { Encoder } from './encoder.js';
import { inputOptions, normalizeInput } from './input.js';
import { initWeights, applyLinear } from './layers.js';
import { applyProjector, initProjector } from './projector.js';

const config = Type.Object(
  {
    patch: Type.Integer({ default: 4, minimum: 1, description: 'side of a patch in pixels; divides that of the image' }),
    dim: Type.Integer({ default: 192, minimum: 4, multipleOf: 4, description: 'size of a token' }),
    depth: Type.Integer({ default: 6, minimum: 1, description: 'blocks' }),
    heads: Type.Integer({ default: 3, minimum: 1, description: 'attention heads; divide dim' }),
    expansion: Type.Number({ default: 4, exclusiveMinimum: 0, description: 'width of the network in a block over dim' }),
    embedding: Type.Integer({ default: 2048, minimum: 1, description: 'size of the embedding' }),
    projection: Type.Integer({ default: 512, minimum: 2, description: 'size of the projection' }),
    ...inputOptions,
  },
  { additionalProperties: false },
);
type Config = Static<typeof config>;

/** Patches become tokens; places are told by fixed sines and cosines, so that any image size will do; the features are the mean over tokens (Beyer et al. 2022). */
export const vitSmall: Encoder<Config> = {
  name: 'vit-small',
  summary: 'small vision transformer with sizes of your choice',
  config,
  dimensions: ({ embedding, projection }) => ({ embedding, projection }),
  init(options, random) {
    const { patch, dim, depth } = options;
    const initial = { params: {}, state: {}, random };
    initWeights(initial, 'patches', { from: 3 * patch * patch, out: dim });
    for (let block = 1; block <= depth; block++) initBlock(initial, `block${block}`, sizesOf(options));
    initLayerNorm(initial, 'norm', dim);
    initProjector(initial, dim, options);
    return { params: initial.params, state: initial.state };
  },
  apply(options, params, state, x, mode) {
    const next = {};
    const context = { params, state, next, mode };
    const [n, height, width] = x.shape;
    const { patch, dim, depth } = options;
    if (height % patch !== 0 || width % patch !== 0)
      throw new RobencError(
        'bad-input',
        `encoder "vit-small": images of ${height} x ${width} pixels are no whole patches of ${patch}. Change encoder.patch or data.size.`,
        {
          field: 'encoder.patch',
        },
      );
    const [rows, columns] = [height / patch, width / patch];
    const patches = tf.transpose(tf.reshape(normalizeInput(options, x), [n, rows, patch, columns, patch * 3]), [0, 1, 3, 2, 4]);
    const embedded = applyLinear(context, 'patches', tf.reshape(patches, [n * rows * columns, patch * patch * 3]));
    let tokens: tf.Tensor3D = tf.add(tf.reshape(embedded, [n, rows * columns, dim]), places(rows, columns, dim));
    for (let block = 1; block <= depth; block++) tokens = applyBlock(context, `block${block}`, sizesOf(options), tokens);
    const features: tf.Tensor2D = tf.mean(layerNorm(context, 'norm', tokens), 1);
    return { ...applyProjector(context, features), state: mode === 'train' ? next : { ...state } };
  },
};

function sizesOf({ dim, heads, expansion }: Config): BlockSizes {
  if (dim % heads !== 0)
    throw new RobencError('bad-input', `encoder "vit-small": dim ${dim} is not divided by ${heads} heads. Change encoder.dim or encoder.heads.`, {
      field: 'encoder.heads',
    });
  return { dim, heads, hidden: Math.round(dim * expansion) };
}

/** [1, rows · columns, dim]: a quarter each of sines and cosines of row and column, wavelengths from 2π to 20,000π (Chen et al. 2021, MoCo v3). */
function places(rows: number, columns: number, dim: number): tf.Tensor3D {
  const quarter = dim / 4;
  const data = Float32Array.from({ length: rows * columns * dim }, (_, i) => {
    const [place, at] = [Math.floor(i / dim), i % dim];
    const [kind, index] = [Math.floor(at / quarter), at % quarter];
    const angle = (kind < 2 ? Math.floor(place / columns) : place % columns) / 10_000 ** (index / quarter);
    return kind % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return tf.tensor3d(data, [1, rows * columns, dim]);
}
