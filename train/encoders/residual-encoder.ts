/** @file Residual network and projector put together as an encoder. */
import type { EncoderValues, Encoding, Encoder } from './encoder.js';
import { normalizeInput } from './input.js';
import { applyProjector, initProjector, type ProjectorSizes } from './projector.js';
import { applyResidual, featuresOf, initResidual, type Architecture } from './residual.js';

interface ResidualConfig extends ProjectorSizes {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The encoder whose residual network is the one that `architectureOf` reads from the configuration. */
export function residualEncoder<C extends ResidualConfig>(
  description: Pick<Encoder<C>, 'name' | 'summary' | 'config'>,
  architectureOf: (config: C) => Architecture,
): Encoder<C> {
  return {
    ...description,
    dimensions: ({ embedding, projection }) => ({ embedding, projection }),
    init(config, random): EncoderValues {
      const architecture = architectureOf(config);
      const initial = { params: {}, state: {}, random };
      initResidual(initial, architecture);
      initProjector(initial, featuresOf(architecture), config);
      return { params: initial.params, state: initial.state };
    },
    apply(config, params, state, x, mode): Encoding {
      const next = {};
      const context = { params, state, next, mode };
      const features = applyResidual(context, architectureOf(config), normalizeInput(config, x));
      return { ...applyProjector(context, features), state: mode === 'train' ? next : { ...state } };
    },
  };
}
