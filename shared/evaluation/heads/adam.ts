/** @file Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) with its usual constants. */
import type { Solver } from './solver.js';

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

export const adam: Solver = {
  name: 'adam',
  summary: 'small batches, Adam, the rate falls along half a cosine',
  learningRate: 0.001,
  start(size) {
    const [first, second] = [new Float64Array(size), new Float64Array(size)];
    let steps = 0;
    return (point, gradient, rate) => {
      steps++;
      const [c1, c2] = [1 - BETA1 ** steps, 1 - BETA2 ** steps];
      for (let i = 0; i < size; i++) {
        const g = gradient[i]!;
        first[i] = BETA1 * first[i]! + (1 - BETA1) * g;
        second[i] = BETA2 * second[i]! + (1 - BETA2) * g * g;
        point[i]! -= (rate * (first[i]! / c1)) / (Math.sqrt(second[i]! / c2) + EPSILON);
      }
    };
  },
};
