/** @file The gradient graph of margin losses: one graph for the margin, DLR and targeted DLR, which differ in numbers that are fed. */
import { RobencError } from '../errors.js';
import { findOutput, beforeSoftmax } from '../autodiff/differentiate.js';
import { gradient } from '../autodiff/vjp.js';
import { copyInto } from '../graph/copy.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Graph, Value } from '../graph/value.js';
import { newBuilder } from '../ops/index.js';

/** Ranks that a denominator may use; models with fewer classes have fewer. */
export const MARGIN_RANKS = 4;

/** Larger than any logit: takes the label out of the race for the best other class. */
const FAR = 1e30;

/**
 * A graph with the classifier's inputs plus `label` and `target` int64 [batch], `weights` float32 [min(4, classes)] and `floor` float32 [1];
 * outputs `loss` [batch], `logits` and `gradient`. With the logits sorted z(1) ≥ z(2) ≥ …:
 *
 *   loss = (z_target - z_label) / (Σ weights_k z(k) + floor)
 *
 * A negative target stands for the best class besides the label at that point. Weights of 0 and a floor of 1 give the plain margin; (1,0,-1,0) and
 * 1e-12 DLR, (1,0,-½,-½) targeted DLR (Croce and Hein, arXiv 2003.01690, equations 6 and 7). Throws `unsupported` where a node has no gradient.
 */
export function marginGraph(classifier: Graph): Graph {
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
  const own = onehot(g, label, classes);
  const best = g.node('ArgMax', [g.sub(logits, g.mul(own, g.scalar(FAR)))], { axis: 1, keepdims: 0 });
  const chosen = g.node('Where', [g.node('Less', [target, g.scalar(0, 'int64')]), best, target]);
  const difference = g.sub(onehot(g, chosen, classes), own);
  const margin = g.sum(g.mul(difference, logits), [1], true);
  const order = g.nodeOutputs('TopK', [logits, g.ints([Math.min(MARGIN_RANKS, classes)])], { axis: 1 }, { outputs: 2 });
  const scale = g.add(g.sum(g.mul(order[0]!, weights), [1], true), floor);
  const ranked = g.mul(onehot(g, order[1]!, classes), g.node('Unsqueeze', [weights, g.ints([1])]));
  const loss = g.div(margin, scale);
  const cotangent = g.div(g.sub(difference, g.mul(loss, g.sum(ranked, [1]))), scale);
  const image = copied.inputs['image']!;
  const [slope] = gradient(g, [{ value: logits, cotangent }], [image]);
  if (!slope) throw new RobencError('unsupported', 'The logits do not depend on the image through floats: there is no gradient.');
  g.output('loss', g.reshape(loss, [batch]));
  g.output('logits', copied.outputs['logits']!);
  g.output('gradient', slope);
  return g.build(`${classifier.name}_margin`);
}

function onehot(g: GraphBuilder, indices: Value, classes: number): Value {
  const values = g.constant({ dtype: 'float32', shape: [2], data: Float32Array.of(0, 1) });
  return g.node('OneHot', [indices, g.ints([classes]), values], { axis: -1 });
}
