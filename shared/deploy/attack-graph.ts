/** @file PGD as one ONNX file: a Loop over the gradient graph, for runtimes where no host loop is wanted. */
import { differentiate } from '../autodiff/differentiate.js';
import { copyInto } from '../graph/copy.js';
import { toModelProto, type ToOnnxOptions } from '../graph/to-onnx.js';
import type { Graph } from '../graph/value.js';
import { newBuilder } from '../ops/index.js';
import { DATA_TYPE } from '../proto/dtypes.js';
import { encodeModel } from '../proto/encode.js';
import { ATTRIBUTE_TYPE, type Draft, type GraphProto, type NodeProto, type TensorProto, type ValueInfoProto } from '../proto/onnx.js';

/** Names that the body takes from the graph around it. */
const CAPTURED = ['image', 'label', 'epsilon', 'stepSize'];

/**
 * The bytes of `image` float32 [batch,3,H,W], `start` (same), `label` int64 [batch], `epsilon` and `stepSize` float32 [], `steps` int64 [] →
 * `adversarial` (as image), and there `loss` [batch] and `logits`. Each step is x ← clip(x + stepSize · sign ∇ cross-entropy) to the ball of radius epsilon
 * around `image` in the largest absolute change, and to [0,1] (PGD, Madry et al., arXiv 1706.06083). `start` is the image itself, or a random point of the ball.
 *
 * The last point is answered, not the best one seen.
 */
export function attackOnnx(classifier: Graph, options: ToOnnxOptions = {}): Uint8Array {
  const gradient = differentiate(classifier, { wrt: 'image', loss: 'cross-entropy', output: 'logits' }).graph;
  const image = classifier.inputs.find(({ name }) => name === 'image')!.type;
  const body = renamed(toModelProto(bodyGraph(gradient, image.shape), options).graph!, 'step', [...CAPTURED, 'x', 'next']);
  const end = renamed(toModelProto(endGraph(gradient), options).graph!, 'end', ['image', 'label', 'loss', 'logits']);
  const model = toModelProto(gradient, options);
  const [imageInfo, labelInfo] = model.graph!.input as readonly Draft<ValueInfoProto>[];
  const scalar = (name: string, elemType: number): Draft<ValueInfoProto> => ({ name, type: { tensorType: { elemType, shape: { dim: [] } } } });
  const loop: Draft<NodeProto> = {
    opType: 'Loop',
    name: 'attack',
    input: ['steps', '', 'start'],
    output: ['adversarial'],
    attribute: [{ name: 'body', type: ATTRIBUTE_TYPE.graph, g: loopBody(body, imageInfo!) }],
  };
  const ends = (end.node as readonly Draft<NodeProto>[]).map((node) => ({
    ...node,
    input: node.input!.map((name) => (name === 'image' ? 'adversarial' : name)),
  }));
  return encodeModel({
    ...model,
    graph: {
      name: 'attack',
      node: [loop, ...ends],
      initializer: [...(body.initializer as readonly Draft<TensorProto>[]), ...(end.initializer as readonly Draft<TensorProto>[])],
      input: [
        imageInfo!,
        { ...imageInfo!, name: 'start' },
        labelInfo!,
        scalar('epsilon', DATA_TYPE.float32),
        scalar('stepSize', DATA_TYPE.float32),
        scalar('steps', DATA_TYPE.int64),
      ],
      output: [{ ...imageInfo!, name: 'adversarial' }, ...model.graph!.output!.filter(({ name }) => name === 'loss' || name === 'logits')],
    },
  });
}

/** One step: `x` and what it captures → `next`. */
function bodyGraph(gradient: Graph, shape: Graph['inputs'][number]['type']['shape']): Graph {
  const g = newBuilder();
  const x = g.input('x', 'float32', shape);
  const image = g.input('image', 'float32', shape);
  const label = g.input('label', 'int64', [shape[0]!]);
  const [epsilon, stepSize] = [g.input('epsilon', 'float32', []), g.input('stepSize', 'float32', [])];
  const slope = copyInto(g, gradient, { inputs: { image: x, label } }).outputs['gradient']!;
  const moved = g.add(x, g.mul(stepSize, g.node('Sign', [slope])));
  const inBall = g.node('Min', [g.node('Max', [moved, g.sub(image, epsilon)]), g.add(image, epsilon)]);
  g.output('next', g.node('Clip', [inBall, g.scalar(0), g.scalar(1)]));
  return g.build('attack_step');
}

/** Loss and logits at the end, without the gradient. */
function endGraph(gradient: Graph): Graph {
  const g = newBuilder();
  const { outputs } = copyInto(g, gradient);
  for (const name of ['loss', 'logits']) g.output(name, outputs[name]!);
  return g.build('attack_end');
}

/** The body as Loop wants it: iteration, condition and x in; condition and next out. Constants stay in the graph around it. */
function loopBody(body: Draft<GraphProto>, image: Draft<ValueInfoProto>): Draft<GraphProto> {
  const scalar = (name: string, elemType: number): Draft<ValueInfoProto> => ({ name, type: { tensorType: { elemType, shape: { dim: [] } } } });
  return {
    name: 'attack_step',
    node: [...body.node!, { opType: 'Identity', name: 'step_go_on', input: ['step_condition'], output: ['step_condition_out'] }],
    input: [scalar('step_iteration', DATA_TYPE.int64), scalar('step_condition', DATA_TYPE.bool), { ...image, name: 'x' }],
    output: [scalar('step_condition_out', DATA_TYPE.bool), { ...image, name: 'next' }],
  };
}

/** Every name with a prefix, but for those that mean the same inside and outside: names must differ between a body and the graph around it. */
function renamed(graph: Draft<GraphProto>, prefix: string, kept: readonly string[]): Draft<GraphProto> {
  const name = (old: string): string => (old === '' || kept.includes(old) ? old : `${prefix}_${old}`);
  return {
    ...graph,
    node: graph.node!.map((node) => ({ ...node, name: `${prefix}_${node.name ?? ''}`, input: node.input!.map(name), output: node.output!.map(name) })),
    initializer: graph.initializer!.map((tensor) => ({ ...tensor, name: name(tensor.name!) })),
  };
}
