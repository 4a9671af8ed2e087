/** @file Turns a pure function over tfjs tensors into nodes of a graph, by running it on the tracing backend. */
import * as tf from '@tensorflow/tfjs';
import { RobencError } from '@robenc/shared/errors.js';
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import { describeType, type Dim, type Graph, type Shape, type Value } from '@robenc/shared/graph/value.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import type { TracingBackend } from './backend.js';
import { FreeSizes, trials } from './free-sizes.js';
import { setCompositeHook, type CompositeCall } from './composite.js';
import { composites } from './composites.js';
import { TraceContext } from './context.js';
import { BACKEND, tracingBackend } from './register.js';
import { CHANNELS_FIRST, inverse, traced, type Traced } from './traced.js';

type ElementType = 'float32' | 'int32' | 'bool';

/** A new input of the graph. */
export interface NewInput {
  readonly name: string;
  /** As the function sees it; sizes such as `32*height` stay free. */
  readonly shape: Shape;
  /** float32 when left out. */
  readonly dtype?: ElementType;
  /** NCHW: the graph's input is [n, channels, height, width], while the function sees [n, height, width, channels]. */
  readonly layout?: 'NCHW';
}

/** A value that the graph already has. int64 values reach the function as int32. */
export interface GivenInput {
  readonly name: string;
  readonly value: Value;
  /** Axis perm[i] of the value is axis i of the tensor that the function sees; in the value's own order when left out. */
  readonly perm?: readonly number[];
}

export interface TraceOptions {
  readonly inputs: readonly (NewInput | GivenInput)[];
  /** Pure; reads no tensor values. */
  readonly fn: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;
  /** Makes axis 0 of the named new inputs (of all of them when left out) a symbol; the sizes given there do not count then. */
  readonly batch?: { readonly symbol?: string; readonly inputs?: readonly string[] };
  /** Outputs [n, height, width, channels] of the function that the graph shall have as [n, channels, height, width]. */
  readonly outputs?: Readonly<Record<string, 'NCHW'>>;
  /** Where the nodes go; a new builder when left out. */
  readonly builder?: GraphBuilder;
  /** The composite operations that become one node each, all of them when left out; others are traced through their ordinary tfjs form. */
  readonly composites?: readonly string[];
}

export interface Trace {
  readonly builder: GraphBuilder;
  readonly inputs: Readonly<Record<string, Value>>;
  /** In the order of axes that the function answers (unless `outputs` says otherwise). None is declared as output of the builder. */
  readonly outputs: Readonly<Record<string, Value>>;
  /** Names of the tfjs kernels that ran, in order. */
  readonly kernels: readonly string[];
}

/**
 * Emits the nodes of `fn` into a builder.
 *
 * @throws RobencError `unsupported` where the function reads tensor values, uses a kernel without a rule, or depends on a symbolic batch size.
 */
export function trace(options: TraceOptions): Trace {
  const builder = options.builder ?? newBuilder();
  const symbols = symbolsOf(options);
  if (symbols.length === 0) return run(options, builder, new FreeSizes({}));
  const [small, large] = trials(symbols, options.inputs.flatMap(shapeOf).flatMap(factors));
  const rehearsal = new FreeSizes(small);
  run(options, newBuilder(), rehearsal);
  return run(options, builder, new FreeSizes(large, rehearsal));
}

/** The trace as a finished graph whose inputs and outputs have the names that the options and the function give them. */
export function traceGraph(options: TraceOptions & { readonly name?: string }): Graph {
  const { builder, outputs } = trace(options);
  for (const [name, value] of Object.entries(outputs)) builder.output(name, value);
  return builder.build(options.name);
}

function shapeOf(input: NewInput | GivenInput): Shape {
  return 'value' in input ? input.value.type.shape : input.shape;
}

/** The numbers in a size. */
function factors(dim: Dim): number[] {
  return typeof dim === 'number'
    ? [dim]
    : dim
        .split('*')
        .filter((part) => /^\d+$/.test(part))
        .map(Number);
}

/** The symbols among the sizes, the batch first. */
function symbolsOf({ inputs, batch }: TraceOptions): string[] {
  const found = inputs.flatMap(shapeOf).flatMap((dim) => (typeof dim === 'string' ? dim.split('*').filter((part) => !/^\d+$/.test(part)) : []));
  return [...new Set([...(batch ? [batch.symbol ?? 'batch'] : []), ...found])];
}

/** Runs the function once on the tracing backend; tfjs is left as it was found, also after an error. */
function run(options: TraceOptions, builder: GraphBuilder, sizes: FreeSizes): Trace {
  const backend = tracingBackend();
  const context = new TraceContext(builder, sizes, options.composites ?? composites.names);
  const before = tf.getBackend() || usualBackend();
  const hook = setCompositeHook((call) => compositeNode(backend, context, call));
  try {
    void tf.setBackend(BACKEND);
    let result: Trace | undefined;
    // Not answered through tidy: it would search the whole graph for tensors to keep.
    backend.within(context, () => tf.tidy(() => void (result = body(options, backend, context))));
    return result!;
  } finally {
    setCompositeHook(hook);
    void tf.setBackend(before);
  }
}

/** The backend that tfjs chooses when it is first asked. */
function usualBackend(): string {
  tf.backend();
  return tf.getBackend();
}

function body(options: TraceOptions, backend: TracingBackend, context: TraceContext): Trace {
  const inputs: Record<string, Value> = {};
  const tensors: Record<string, tf.Tensor> = {};
  for (const input of options.inputs) {
    if (input.name in inputs) throw new RobencError('usage', `Two inputs of a trace are named "${input.name}".`);
    const tensor = 'value' in input ? given(context, input) : fresh(context, input, options);
    inputs[input.name] = 'value' in input ? input.value : tensor.value;
    tensors[input.name] = tensorOf(backend, tensor, `input "${input.name}"`);
  }
  const results = options.fn(tensors);
  if (results instanceof Promise) throw new RobencError('usage', 'A traced function must not be async.');
  const outputs: Record<string, Value> = {};
  for (const [name, tensor] of Object.entries(results)) {
    const t = backend.tracedOf(tensor);
    const { shape } = context.free.step(`output "${name}"`, { shape: tensor.shape });
    context.check(t, shape, `Output "${name}"`);
    outputs[name] = options.outputs?.[name] === 'NCHW' ? context.laidOut(t, CHANNELS_FIRST) : context.plain(t);
  }
  context.free.finish();
  return { builder: context.g, inputs, outputs, kernels: context.kernels };
}

/** Declares a new input of the graph. */
function fresh(context: TraceContext, { name, shape, dtype = 'float32', layout }: NewInput, { batch }: TraceOptions): Traced {
  const symbolic = batch && (batch.inputs?.includes(name) ?? true);
  const seen: Shape = symbolic ? [batch.symbol ?? 'batch', ...shape.slice(1)] : shape;
  if (layout && seen.length !== 4)
    throw new RobencError('usage', `Input "${name}" is [${shape.join(',')}]; layout NCHW is for images, [n, height, width, channels].`);
  const perm = layout ? CHANNELS_FIRST : shape.map((_, i) => i);
  const declared = inverse(perm).map((i) => seen[i]!);
  const value = context.g.input(name, dtype, context.free.declared(declared));
  context.seesSizes(value);
  return traced(value, perm);
}

/** A value of the builder as a tensor; in the first of two runs, which goes to another builder, an input like it. */
function given(context: TraceContext, { name, value, perm }: GivenInput): Traced {
  const { dtype, shape } = value.type;
  const declared = context.free.declared(shape);
  const here = declared === shape ? value : context.g.input(name, dtype, context.free.numbersOf(shape));
  if (dtype !== 'int64' && dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    throw new RobencError('unsupported', `Input "${name}" is ${describeType(value.type)}; tfjs computes with float32, int32 and bool. Cast it first.`);
  context.seesSizes(here);
  return traced(dtype === 'int64' ? context.g.cast(here, 'int32') : here, perm);
}

function tensorOf(backend: TracingBackend, t: Traced, maker: string): tf.Tensor {
  const { dataId, shape, dtype } = backend.register(t, maker);
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }, backend);
}

/**
 * The node of a composite operation. While tfjs records operations in order to differentiate them, composites stay ordinary operations, for it knows
 * no gradient of theirs; inside of tf.customGrad, which brings the gradient along, nothing is recorded.
 */
function compositeNode(backend: TracingBackend, context: TraceContext, call: CompositeCall): tf.Tensor[] | null {
  const { name, inputs, attrs, outputShapes } = call;
  const { gradientDepth, kernelDepth } = tf.engine().state;
  const recording = gradientDepth > 0 && kernelDepth === 0;
  if (recording || !context.composites.includes(name)) return null;
  const step = context.free.step(name, { attrs, shapes: inputs.map((tensor) => tensor.shape), outputShapes });
  context.kernels.push(name);
  const results = composites.get(name).emit(
    context,
    inputs.map((tensor) => backend.tracedOf(tensor)),
    call,
  );
  return results.map((result, i) => {
    context.check(result, step.outputShapes[i]!, `Output ${i} of ${name}`);
    return tensorOf(backend, result, name);
  });
}
