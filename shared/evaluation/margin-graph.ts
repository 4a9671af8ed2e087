/** @file The gradient graph of margin losses: one graph for the margin, DLR and targeted DLR, which differ in numbers that are fed. */
import { beforeSoftmax, findOutput } from '../autodiff/differentiate.js';
import { bestOther, MARGIN_RANKS, marginRatio } from '../autodiff/losses/margins.js';
import { gradient } from '../autodiff/vjp.js';
import { RobencError } from '../errors.js';
import { copyInto } from '../graph/copy.js';
import { optimize } from '../graph/passes/index.js';
import type { Graph } from '../graph/value.js';
import { newBuilder, operators } from '../ops/index.js';

/**
 * A graph with the classifier's inputs plus `label` and `target` int64 [batch], `weights` float32 [min(4, classes)] and `floor` float32 [1];
 * outputs `loss` [batch], `logits` and `gradient`. The loss is `marginRatio`; a negative target stands for the best class besides the label at that point.
 * Weights of 0 and a floor of 1 give the plain margin; (1,0,-1,0) and 1e-12 DLR, (1,0,-½,-½) targeted DLR (Croce and Hein, arXiv 2003.01690,
 * equations 6 and 7). Throws `unsupported` where a node has no gradient.
 */
export function marginGraph(source: Graph, straightThrough: readonly string[] = []): Graph {
  // The passes may do away with an operator that is named.
  const classifier = straightThrough.length > 0 ? source : optimize(source, operators);
  const g = newBuilder();
  const { value } = findOutput(classifier, 'logits');
  const batch = value.type.shape[0]!;
  const classes = Number(value.type.shape[1]);
  const label = g.input('label', 'int64', [batch]);
  const target = g.input('target', 'int64', [batch]);
  const weights = g.input('weights', 'float32', [Math.min(MARGIN_RANKS, classes)]);
  const floor = g.input('floor', 'float32', [1]);
  const copied = copyInto(g, classifier);
  const logits = beforeSoftmax(copied.outputs['logits']!, []);
  const chosen = g.node('Where', [g.node('Less', [target, g.scalar(0, 'int64')]), bestOther(g, logits, label, classes), target]);
  const { loss, seed } = marginRatio(g, logits, { label, target: chosen, weights, floor });
  const image = copied.inputs['image']!;
  const [slope] = gradient(g, [seed], [image], { straightThrough: new Set(straightThrough) });
  if (!slope) throw new RobencError('unsupported', 'The logits do not depend on the image through floats: there is no gradient.');
  g.output('loss', loss);
  g.output('logits', copied.outputs['logits']!);
  g.output('gradient', slope);
  return optimize(g.build(`${classifier.name}_margin`), operators);
}
