/** @file Stochastic gradient descent with momentum 0.9, as linear probes are usually fitted. */
import type { Solver } from './solver.js';

const MOMENTUM = 0.9;

/** v <- 0.9 v + g;  w <- w - rate v. */
export const sgd: Solver = {
  name: 'sgd',
  summary: 'small batches, momentum 0.9, the rate falls along half a cosine',
  learningRate: 0.05,
  start(size) {
    const velocity = new Float64Array(size);
    return (point, gradient, rate) => {
      for (let i = 0; i < size; i++) {
        velocity[i] = MOMENTUM * velocity[i]! + gradient[i]!;
        point[i]! -= rate * velocity[i]!;
      }
    };
  },
};
