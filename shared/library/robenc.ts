/** @file What a program imports as `robenc`: gradients of ONNX models, as files and as functions. */
import { differentiateFile, type FileOptions, type ModelSource } from '../autodiff/differentiate-file.js';
import type { DifferentiateOptions, Differentiated } from '../autodiff/differentiate.js';
import { checkEvaluateOptions, checkGradientOptions, modelOf } from './options.js';
import { toOnnx } from '../graph/to-onnx.js';
import { describeType, type TensorData } from '../graph/value.js';
import type { DeviceRequest, Tensors } from '../runtime/types.js';

export { RobencError } from '../errors.js';
export { floats, halves, integers } from '../graph/value.js';
export type { DifferentiateOptions, FileOptions, ModelSource, TensorData };

/** A gradient graph as an ONNX file. */
export interface GradientModel {
  /** The bytes of the file: opset 20, constants inside. */
  readonly bytes: Uint8Array;
  /** Inputs of the model and of the loss, with their types: `float32[batch,3,32,32]`. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** The output that holds the gradient by each name of `wrt`, as it was given and as the model has it. */
  readonly gradients: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Every option may be left out: `wrt` is then the only image-shaped input, and `loss` cross-entropy. */
export interface GradientOptions extends Partial<Omit<DifferentiateOptions, 'straightThrough'>>, FileOptions {
  /** One operator or several that are differentiated as if they copied their first input. */
  readonly straightThrough?: string | readonly string[];
}

export interface EvaluateOptions extends GradientOptions {
  /** Where ONNX Runtime computes; the CPU by default. */
  readonly device?: DeviceRequest;
  /** All cores by default. */
  readonly threads?: number;
}

/** A loss and its gradient, at one place. */
export interface Evaluation {
  /** [batch] */
  readonly loss: TensorData;
  /** By the names of `wrt`, as they were given and as the model has them, each in the shape of what it is taken by. */
  readonly gradients: Readonly<Record<string, TensorData>>;
  /** What the model itself gives, by name. */
  readonly outputs: Readonly<Record<string, TensorData>>;
}

/** A loaded gradient graph. It holds memory outside of JavaScript's until it is closed. */
export interface ValueAndGradient extends Omit<GradientModel, 'bytes'> {
  /** Feeds every input by name. The calling thread computes, and waits. Throws RobencError `bad-input` for a feed of another shape or type. */
  evaluate(feeds: Tensors): Promise<Evaluation>;
  close(): Promise<void>;
}

/**
 * The gradient of a loss on the output of a model, as another ONNX file that any runtime runs.
 *
 * @param model the path of an ONNX file, the bytes of one, or a graph
 * @throws RobencError `not-found` or `bad-file` for the file, `usage` for options and names that there are not, `unsupported` naming every node through which no gradient passes.
 */
export function differentiate(model: ModelSource | ArrayBuffer, options: GradientOptions = {}): GradientModel {
  const made = make(model, checkGradientOptions(options));
  return { bytes: toOnnx(made.graph), ...described(made) };
}

/**
 * The same, loaded into ONNX Runtime: a function from feeds to the loss, its gradient and the outputs of the model. Close it after use.
 *
 * @throws RobencError as `differentiate` does; `unavailable` for a device that does not work.
 */
export async function valueAndGradient(model: ModelSource | ArrayBuffer, options: EvaluateOptions = {}): Promise<ValueAndGradient> {
  const { device = 'cpu', threads, ...rest } = checkEvaluateOptions(options);
  const made = make(model, rest);
  const description = described(made);
  // Only here, so that reading and differentiating do not load the native library.
  const { openSession } = await import('../runtime/session.js');
  const session = await openSession(toOnnx(made.graph), { device, strict: true, ...(threads === undefined ? {} : { threads }) });
  const own = Object.keys(description.outputs).filter((name) => name !== 'loss' && !Object.values(made.gradients).includes(name));
  return {
    ...description,
    async evaluate(feeds) {
      const results = await session.run(feeds);
      return {
        loss: results['loss']!,
        gradients: Object.fromEntries(Object.entries(made.gradients).map(([name, output]) => [name, results[output]!])),
        outputs: Object.fromEntries(own.map((name) => [name, results[name]!])),
      };
    },
    close: () => session.close(),
  };
}

function make(
  model: ModelSource | ArrayBuffer,
  { folder, source, wrt = 'image', loss = 'cross-entropy', straightThrough = [], output }: GradientOptions,
): Differentiated {
  const options = { wrt, loss, straightThrough: listed(straightThrough), ...(output === undefined ? {} : { output }) };
  const made = differentiateFile(modelOf(model), options, { ...(folder === undefined ? {} : { folder }), ...(source === undefined ? {} : { source }) });
  // `image` may stand for an input of another name.
  const [asked, outputs] = [listed(wrt), Object.values(made.gradients)];
  const given = asked.length === outputs.length ? Object.fromEntries(asked.map((name, i) => [name, outputs[i]!])) : {};
  return { ...made, gradients: { ...made.gradients, ...given } };
}

function listed(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? [names] : names;
}

function described({ graph, gradients, warnings }: Differentiated): Omit<GradientModel, 'bytes'> {
  return {
    inputs: Object.fromEntries(graph.inputs.map(({ name, type }) => [name, describeType(type)])),
    outputs: Object.fromEntries(graph.outputs.map(({ name, value }) => [name, describeType(value.type)])),
    gradients,
    warnings,
  };
}
