/** @file A model of TensorFlow.js as a graph, and as the function that the graph is verified against. */
import * as tf from '@tensorflow/tfjs';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import type { Dim, Graph, Shape } from '@robenc/shared/graph/value.js';
import { traceGraph, type NewInput, type TraceOptions } from '../trace/trace.js';
import type { TfjsModel } from './load.js';

export interface TfjsInput {
  readonly name: string;
  /** As tfjs sees it; null is free. */
  readonly shape: readonly (number | null)[];
  readonly dtype: 'float32' | 'int32' | 'bool';
}

/** Of images, where a model leaves it free; `32*height` keeps it free, in multiples of 32. */
export interface ImageSize {
  readonly height: Dim;
  readonly width: Dim;
}

export interface TracedModel {
  readonly graph: Graph;
  readonly fn: TraceOptions['fn'];
  readonly inputs: readonly NewInput[];
}

/** The inputs of a model by clean names: those of its signature, else without the `:0` of TensorFlow. */
export function inputsOf(opened: TfjsModel): TfjsInput[] {
  const names = signatureNames(opened);
  return opened.model.inputs.map((input) => {
    const { name, dtype } = input;
    const shape = (input.shape ?? []) as readonly (number | null)[];
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
      throw new RobencError('unsupported', `The input "${name}" is of type ${dtype}; float32, int32 and bool can be traced.`, { field: name });
    // A size that is not known is -1 in graphs and null in layers.
    return { name: names.get(cleanName(name)) ?? cleanName(name), shape: shape.map((size) => (size === null || size < 0 ? null : size)), dtype };
  });
}

/**
 * Traces a model in its inference mode. The batch size is a symbol where the model leaves it free. `size` says what heights and widths that the model leaves free become.
 * With `nchw` images [n,h,w,c] become inputs [n,c,h,w] of the graph.
 *
 * @throws RobencError `usage` for free sizes without `size`; `unsupported` naming the layer or node and the kernel that cannot be traced.
 */
export function traceTfjsModel(
  opened: TfjsModel,
  { size, nchw = true, name = 'model' }: { size?: ImageSize | undefined; nchw?: boolean; name?: string } = {},
): TracedModel {
  const ports = inputsOf(opened);
  const free = ports.every(({ shape }) => shape.length > 0 && shape[0] === null);
  const inputs = ports.map(({ name: port, shape, dtype }): NewInput => {
    const isImage = shape.length === 4;
    const filled = shape.map((dim, axis) => dim ?? (axis === 0 ? 1 : isImage && axis < 3 ? (axis === 1 ? size?.height : size?.width) : undefined));
    const open = filled.findIndex((dim) => dim === undefined);
    if (open >= 0)
      throw new RobencError(
        'usage',
        `The input "${port}" [${shape.map((dim) => dim ?? '?').join(',')}] leaves axis ${open} free. Name the size of its images with --size, e.g. --size 224x224, or keep it free with --size free.`,
        {
          field: 'size',
        },
      );
    return { name: port, shape: filled as Shape, dtype, ...(isImage && nchw ? { layout: 'NCHW' as const } : {}) };
  });
  if (size !== undefined && ports.every(({ shape }) => shape.every((dim, axis) => dim !== null || axis === 0)))
    throw new RobencError('usage', `--size is for models that leave the size of images free; this one takes ${describePorts(ports)}. Leave it out.`, {
      field: 'size',
    });
  const fn = functionOf(opened, ports);
  const options = { name, inputs, fn, ...(free ? { batch: { symbol: 'batch' } } : {}) };
  const names = new Set(ports.map((port) => port.name));
  const graph = traceGraph({ ...options, fn: (given) => renamedOutputs(fn(given), names) });
  return { graph, fn: (given) => renamedOutputs(fn(given), names), inputs };
}

function describePorts(ports: readonly TfjsInput[]): string {
  return ports.map(({ name, shape }) => `"${name}" [${shape.map((dim) => dim ?? '?').join(',')}]`).join(' and ');
}

/** The model as a pure function of its inputs. */
function functionOf(opened: TfjsModel, ports: readonly TfjsInput[]): TraceOptions['fn'] {
  if (opened.kind === 'layers') {
    const { model } = opened;
    // Taken now: a sequential model names its outputs only when it is first applied.
    const names = model.outputs.map(({ name }) => name);
    return (inputs) =>
      named(
        names,
        withLayerNames(model, () => model.apply(alone(ports.map(({ name }) => inputs[name]!)), { training: false }) as tf.Tensor | tf.Tensor[]),
      );
  }
  const { model } = opened;
  const outputs = outputsOf(model);
  return (inputs) => {
    const fed = Object.fromEntries(model.inputs.map((input, i) => [input.name, inputs[ports[i]!.name]!]));
    return named(
      outputs.map(({ name }) => name),
      withNodeNames(model, () =>
        model.execute(
          fed,
          outputs.map(({ tensor }) => tensor),
        ),
      ),
    );
  };
}

type Signature = Partial<Record<'inputs' | 'outputs', Record<string, { name?: string }>>> | undefined;

/** The tensors that the signature asks for by its names, such as the second output `split:1` of a node; those of a graph without signature by their own. */
function outputsOf(model: tf.GraphModel): { readonly name: string; readonly tensor: string }[] {
  const signed = Object.entries((model.modelSignature as Signature)?.outputs ?? {}).flatMap(([key, { name }]) =>
    name === undefined ? [] : [{ name: cleanName(key), tensor: name }],
  );
  const outputs = signed.length > 0 ? signed : model.outputs.map(({ name }) => ({ name: cleanName(name), tensor: name }));
  const twice = outputs.find(({ name }, i) => outputs.findIndex((other) => other.name === name) !== i);
  if (twice) throw new RobencError('unsupported', `Two outputs of the model are called "${twice.name}". Give them different names in its signature.`);
  return outputs;
}

/** What the signature of a graph calls its inputs, by their names in the graph. */
function signatureNames(opened: TfjsModel): ReadonlyMap<string, string> {
  const signature = opened.kind === 'graph' ? (opened.model.modelSignature as Signature) : undefined;
  return new Map(
    Object.entries(signature?.inputs ?? {}).flatMap(([name, info]) => (info.name === undefined ? [] : [[cleanName(info.name), cleanName(name)] as const])),
  );
}

/** While `work` runs, an error of a layer names it. */
function withLayerNames<T>(model: tf.LayersModel, work: () => T): T {
  let current = '';
  const layers = allLayers(model);
  const originals = layers.map((layer) => layer.call.bind(layer));
  layers.forEach((layer, i) => {
    layer.call = (inputs, options) => {
      current = `${layer.getClassName()} "${layer.name}"`;
      return originals[i]!(inputs, options);
    };
  });
  try {
    return work();
  } catch (cause) {
    throw located(cause, current);
  } finally {
    for (const layer of layers) delete (layer as { call?: unknown }).call;
  }
}

/** While `work` runs, an error of a node names it. tfjs has no hook for this; it looks at a node's category when the node's turn comes. */
function withNodeNames<T>(model: tf.GraphModel, work: () => T): T {
  const { executor } = model as unknown as { executor?: { graph?: { nodes?: Record<string, { name: string; op: string; category?: string }> } } };
  let current = 'the graph';
  const nodes = Object.values(executor?.graph?.nodes ?? {});
  const categories = nodes.map(({ category }) => category);
  for (const [i, node] of nodes.entries())
    Object.defineProperty(node, 'category', {
      configurable: true,
      get: () => {
        current = `${node.op} "${node.name}"`;
        return categories[i];
      },
    });
  try {
    return work();
  } catch (cause) {
    throw located(cause, current);
  } finally {
    for (const [i, node] of nodes.entries())
      Object.defineProperty(node, 'category', { value: categories[i], configurable: true, writable: true, enumerable: true });
  }
}

function allLayers(model: tf.LayersModel): tf.layers.Layer[] {
  return model.layers.flatMap((layer) => ('layers' in layer ? allLayers(layer as unknown as tf.LayersModel) : [layer]));
}

function located(cause: unknown, where: string): unknown {
  // tfjs's own words for an operator of a graph that it does not have.
  if (cause instanceof TypeError && /^Unknown op /.test(cause.message))
    return new RobencError('unsupported', `In ${where}: TensorFlow.js itself cannot run this operator.`, { cause });
  // And for what it runs only step by step, reading values on the way: conditions, loops, results of any length.
  const dynamic = /contains the node '([^']+)', which has the dynamic op '([^']+)'/.exec(messageOf(cause));
  if (dynamic !== null)
    return new RobencError(
      'unsupported',
      `In ${dynamic[2]} "${dynamic[1]}": what is computed next depends on values (control flow, or a result of any length), which a graph traced once cannot follow. Convert the model without it, for instance with its conditions fixed or without its post-processing.`,
      { cause },
    );
  if (!(cause instanceof RobencError) || cause.code !== 'unsupported' || where === '') return cause;
  return new RobencError('unsupported', `In ${where}: ${messageOf(cause)}`, { cause });
}

/** Some layers do not understand a list of one. */
function alone(tensors: readonly tf.Tensor[]): tf.Tensor | tf.Tensor[] {
  return tensors.length === 1 ? tensors[0]! : [...tensors];
}

function named(names: readonly string[], results: tf.Tensor | readonly tf.Tensor[]): Record<string, tf.Tensor> {
  const list: readonly tf.Tensor[] = results instanceof tf.Tensor ? [results] : results;
  return Object.fromEntries(list.map((tensor, i) => [cleanName(names[i] ?? `output_${i}`), tensor]));
}

/** An output that is called like an input gets another name: a graph has one value of a name. */
function renamedOutputs(outputs: Record<string, tf.Tensor>, inputs: ReadonlySet<string>): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [inputs.has(name) ? `${name}_output` : name, tensor]));
}

function cleanName(name: string): string {
  return name.replace(/:\d+$/, '');
}
