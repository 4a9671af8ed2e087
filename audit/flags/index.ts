/** @file The table of sanity checks. */
import { table } from '@robenc/shared/table.js';
import type { SanityCheck } from './flag.js';
import { nonFinite, zeroGradients } from './gradients.js';
import { hiddenGradient } from './hidden-gradients.js';
import { batchCoupled } from './batch.js';
import { radiusOutOfReach } from './certificate.js';
import { blackBoxWins, flatCurve, stillFinding } from './dynamics.js';
import { classOrder } from './class-order.js';
import { chanceAccuracy, constantOutput, fewerClasses, unverified } from './outputs.js';
import { oneStepWins, survivesAnything } from './probe.js';
import { probabilities, softmaxRemoved } from './probabilities.js';
import { logitScale } from './scale.js';
import { stochastic } from './stochastic.js';
import { weakAttack } from './weak-attack.js';

export const sanityChecks = table<SanityCheck>(
  'sanity check',
  [
    weakAttack,
    softmaxRemoved,
    probabilities,
    zeroGradients,
    nonFinite,
    constantOutput,
    stochastic,
    hiddenGradient,
    batchCoupled,
    unverified,
    chanceAccuracy,
    classOrder,
    fewerClasses,
    logitScale,
    blackBoxWins,
    flatCurve,
    stillFinding,
    radiusOutOfReach,
    survivesAnything,
    oneStepWins,
  ],
  ({ code }) => code,
);
