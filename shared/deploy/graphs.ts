/** @file The graphs of a package, made from an encoder with its heads, or from a classifier alone. */
import { differentiate } from '../autodiff/differentiate.js';
import type { GraphRole } from '../config/manifest.js';
import { aggregateCropsGraph, classifierGraph, headGraph } from '../evaluation/classifier-graph.js';
import type { LinearHead } from '../evaluation/linear-head.js';
import { copyInto } from '../graph/copy.js';
import { toOnnx, type ToOnnxOptions } from '../graph/to-onnx.js';
import type { Graph } from '../graph/value.js';
import { newBuilder } from '../ops/index.js';
import { FILE_NAMES, GRAPH_ROLES } from '../package/layout.js';
import type { Staging } from '../package/stage.js';
import { WeightStore } from '../package/weight-store.js';
import { attackOnnx } from './attack-graph.js';

export type PackageGraphs = Readonly<Partial<Record<GraphRole, Graph>>>;

export interface ModelParts {
  /** `image` [batch,3,H,W] → `embedding`. */
  readonly encoder?: Graph | undefined;
  /** The head on the whole image; with an encoder only. */
  readonly head?: LinearHead | undefined;
  /** `image` → `logits`, where there is no encoder. */
  readonly classifier?: Graph | undefined;
  /** The head on the mean over crops. */
  readonly aggregate?: { readonly head: LinearHead; readonly crops: number } | undefined;
}

/** Every graph that can be made of the parts, by role; the attack is made when they are written. Throws `unsupported` where a gradient does not pass, naming the node. */
export function packageGraphs({ encoder, head, classifier: given, aggregate }: ModelParts): PackageGraphs {
  const classifier = given ?? (encoder && head && classifierGraph(encoder, headGraph(head)));
  const crops = encoder && aggregate && renamedInput(aggregateCropsGraph(encoder, headGraph(aggregate.head), aggregate.crops), 'image', 'crops');
  return {
    ...(encoder && { encoder }),
    ...(classifier && { classifier }),
    ...(aggregate && { aggregateHead: headGraph(aggregate.head) }),
    ...(crops && { aggregateClassifier: crops }),
    ...(classifier && { gradient: differentiate(classifier, { wrt: 'image', loss: 'cross-entropy' }).graph }),
    ...(crops && { cropsGradient: differentiate(crops, { wrt: 'crops', loss: 'cross-entropy' }).graph }),
    ...(encoder && { embeddingGradient: differentiate(encoder, { wrt: 'image', loss: 'cosine-to-target' }).graph }),
  };
}

/** Writes the graphs, with their weights in one file, and with `attack` PGD as one more graph. */
export function stageGraphs(
  staging: Staging,
  graphs: PackageGraphs,
  { attack = false, metadata, producerVersion }: { attack?: boolean; metadata: (role: GraphRole) => Record<string, string>; producerVersion: string },
): void {
  const store = new WeightStore(FILE_NAMES.weights);
  const options = (role: GraphRole): ToOnnxOptions => ({ metadata: metadata(role), producerVersion, external: store.place });
  for (const role of GRAPH_ROLES) {
    const graph = graphs[role];
    if (graph !== undefined) staging.put(role, toOnnx(graph, options(role)));
  }
  if (attack && graphs.classifier !== undefined) staging.put('attack', attackOnnx(graphs.classifier, options('attack')));
  const weights = store.bytes();
  if (weights !== null) staging.put('weights', weights);
}

/** The same graph with one input under another name. */
export function renamedInput(graph: Graph, from: string, to: string): Graph {
  const g = newBuilder();
  const old = graph.inputs.find(({ name }) => name === from)!;
  const fresh = g.input(to, old.type.dtype, old.type.shape);
  const { outputs } = copyInto(g, graph, { inputs: { [from]: fresh } });
  for (const { name } of graph.outputs) g.output(name, outputs[name]!);
  return g.build(graph.name);
}
