/** @file The passes that make graphs leaner, in the order in which they run. */
import { table } from '../../table.js';
import type { Operators } from '../operator.js';
import type { Graph } from '../value.js';
import cancelTransposes from './cancel-transposes.js';
import foldBatchNorm from './fold-batch-norm.js';
import foldConstants from './fold-constants.js';
import type { Pass } from './pass.js';
import shareConstants from './share-constants.js';

export const passes = table<Pass>('pass', [cancelTransposes, foldConstants, foldBatchNorm, shareConstants]);

/** The graph after all passes: the same inputs, outputs and results (up to rounding, where a batch normalisation is folded). */
export function optimize(graph: Graph, operators: Operators): Graph {
  return passes.entries.reduce((lean, pass) => pass.run(lean, operators), graph);
}
