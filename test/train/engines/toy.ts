/** @file A training step small enough for plain JavaScript: sizes, configuration and data from a seed. */
import { check } from '@robenc/shared/config/check.js';
import { Random } from '@robenc/shared/math/random.js';
import { adversaries } from '@robenc/train/adversaries/index.js';
import { encoders } from '@robenc/train/encoders/index.js';
import { initialState } from '@robenc/train/engines/contract.js';
import type { Batch, StepSpec, TrainingState } from '@robenc/train/engines/engine.js';
import { losses } from '@robenc/train/losses/index.js';
import { optimizers } from '@robenc/train/optimizers/index.js';
import { viewsFor } from '../views.js';

export interface Toy {
  readonly spec: StepSpec;
  readonly initial: TrainingState;
  /** Batch number n; every number gives other pixels. */
  batch(n: number): Batch;
}

/** 4 images of 8x8 pixels in 3 views, or as many as the loss takes; `adversary` and `loss` by name, with options. */
export function toy({
  adversary = 'none',
  options = {},
  loss = 'emp-ssl',
  seed = 5,
}: { adversary?: string; options?: object; loss?: string; seed?: number } = {}): Toy {
  const choose = <T extends { config: Parameters<typeof check>[0] }>(use: T, config: object): { use: T; config: object } => ({
    use,
    config: check(use.config, config, 'toy') as object,
  });
  const objective = losses.get(loss);
  const views = viewsFor(objective);
  const attacker = choose(adversaries.get(adversary), options);
  const spec: StepSpec = {
    encoder: choose(encoders.get('resnet-small'), { widths: [4, 6], embedding: 16, projection: 8, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] }),
    loss: choose(objective, {}),
    optimizer: choose(optimizers.get('lars'), {}),
    adversary: attacker.use.plan(attacker.config),
    average: null,
    precision: 'float32',
    views,
    batch: 4,
    size: 8,
  };
  return {
    spec,
    initial: initialState(spec, new Random(seed, 'initial')),
    batch(n) {
      const random = new Random(seed, 'batch', n);
      return { views: Float32Array.from({ length: views * 4 * 3 * 8 * 8 }, () => random.next()), labels: Int32Array.of(0, 1, 0, 2) };
    },
  };
}
