/** @file The table of losses on the output of a finished model. */
import { table } from '../../table.js';
import { crossEntropy } from './cross-entropy.js';
import { cosineToTarget, l2ToTarget } from './distances.js';
import type { AttackLoss } from './loss.js';
import { dlr, margin, targetedDlr } from './margins.js';

export const attackLosses = table<AttackLoss>('loss', [crossEntropy, margin, dlr, targetedDlr, l2ToTarget, cosineToTarget]);
