/** @file Attacks on models whose answers are random: means over several draws (expectation over transformation, Athalye et al., arXiv 1707.07397). */
import type { LossAndGradient, Oracle } from './attack.js';

/**
 * The oracle with every answer the mean over `draws` answers: logits, losses and gradients. An attack then neither follows one draw's gradient nor takes
 * one lucky draw for a success. Ordinary attacks work on it unchanged, the ones without gradients too.
 */
export function expectationOracle(oracle: Oracle, draws: number): Oracle {
  const { marginAndGradient } = oracle;
  const repeat = async (draw: () => Promise<LossAndGradient>): Promise<LossAndGradient> => {
    const answers = [];
    for (let i = 0; i < draws; i++) answers.push(await draw());
    return {
      loss: mean(answers.map(({ loss }) => loss)),
      logits: mean(answers.map(({ logits }) => logits)),
      gradient: mean(answers.map(({ gradient }) => gradient)),
    };
  };
  return {
    classes: oracle.classes,
    async forward(x) {
      const answers = [];
      for (let i = 0; i < draws; i++) answers.push(await oracle.forward(x));
      return mean(answers);
    },
    lossAndGradient: (x, labels) => repeat(() => oracle.lossAndGradient(x, labels)),
    ...(marginAndGradient && {
      marginAndGradient: (x, labels, targets, loss) => repeat(() => marginAndGradient.call(oracle, x, labels, targets, loss)),
    }),
  };
}

function mean(parts: readonly Float32Array[]): Float32Array {
  const sum = new Float64Array(parts[0]?.length ?? 0);
  for (const part of parts) for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
  return Float32Array.from(sum, (value) => value / parts.length);
}
