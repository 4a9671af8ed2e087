/** @file An ONNX model of other origin as a starting point: its graph with its weights as inputs, behind pixels in [0,1]. */
import { createHash } from 'node:crypto';
import { beforeSoftmax, findOutput } from '@robenc/shared/autodiff/differentiate.js';
import { RobencError } from '@robenc/shared/errors.js';
import { modelInput, wrapEncoder, wrapModel, type Preprocessing } from '@robenc/shared/evaluation/preprocessing.js';
import { readBytes } from '@robenc/shared/files.js';
import { fromOnnx, importOnnx } from '@robenc/shared/graph/from-onnx.js';
import { describeType, type Graph, type TensorData } from '@robenc/shared/graph/value.js';
import type { Size } from '@robenc/shared/images/resize.js';
import { dirname } from 'node:path';
import type { Parameters } from '../../tensors/parameters.js';
import { trainable } from './trainable.js';

export interface StartingPoint {
  /** `image` float32 [batch,3,height,width] in [0,1], then the weights in the order of `weights`; one output [batch, length]. */
  readonly graph: Graph;
  readonly weights: Parameters;
  /** Length of an output. */
  readonly length: number;
  /** What the model takes; null where it takes any size. */
  readonly size: Size | null;
  /** SHA-256 of the file and of its weights, wherever they lie. */
  readonly sha256: string;
}

/** Where a model lies, and what it takes and gives. */
export interface ModelSource extends Preprocessing {
  readonly path: string;
  readonly output?: string | undefined;
}

const opened = new Map<string, StartingPoint>();

/**
 * Opens a model once; a trace asks for it again at every pass.
 *
 * @throws RobencError `not-found`, `bad-file`, `usage` or `unsupported` as reading and differentiating do, and where the model has no weights to train.
 */
export function startingPoint(source: ModelSource): StartingPoint {
  const key = JSON.stringify(source);
  const known = opened.get(key);
  if (known) return known;
  const made = named(() => open(source));
  opened.set(key, made);
  return made;
}

/** Readers of models name the flags of the auditor; here the same words are fields of the run file. */
function named<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RobencError) || (error.field !== 'layout' && error.field !== 'output')) throw error;
    const message = error.message.replaceAll(/Pass --(\w+) (\w+)/g, 'Set encoder.$1="$2"').replaceAll(/--(layout|output)/g, 'encoder.$1');
    throw new RobencError('bad-input', message, { cause: error, field: `encoder.${error.field}` });
  }
}

function open(source: ModelSource): StartingPoint {
  const { path, output } = source;
  const bytes = readBytes(path, 'encoder.path');
  const about = { folder: dirname(path), source: path };
  const plain = fromOnnx(bytes, about);
  const input = modelInput(plain, source.layout);
  const weights = trainable(plain);
  if (Object.keys(weights).length === 0)
    throw new RobencError(
      'unsupported',
      `${path} has no float32 weights that training could change (weights of Conv, Gemm, MatMul, normalisations). Export it with float32 weights as initializers, not quantised.`,
      { field: 'encoder.path' },
    );
  const { graph: fed, variables } = importOnnx(bytes, { ...about, variables: Object.keys(weights) });
  // A model of any size is read at a usual one; a step brings its own.
  const size = input.size ?? { height: 224, width: 224 };
  const wrap = (model: Graph) => {
    const { value } = findOutput(model, output ?? (model.outputs.some(({ name }) => name === 'embedding') ? 'embedding' : undefined));
    // Whatever the batch was at the export, a step has its own.
    const given = { ...input, batch: 'batch' };
    if (beforeSoftmax(value, []) === value) return wrapEncoder(model, given, size, source, output);
    const { graph, classes } = wrapModel(model, given, size, source, output);
    return { graph, size: classes };
  };
  const { graph, size: length } = wrap(fed);
  return {
    graph: inOrder(graph, Object.keys(weights)),
    weights: Object.fromEntries(Object.keys(weights).map((name) => [name, floatsOf(name, variables[name]!)])),
    length,
    size: input.size,
    sha256: digestOf(bytes, variables),
  };
}

/** The graph with its image first and its weights in the given order. */
function inOrder(graph: Graph, names: readonly string[]): Graph {
  const byName = new Map(graph.inputs.map((value) => [value.name, value]));
  return { ...graph, inputs: ['image', ...names].map((name) => byName.get(name)!) };
}

function floatsOf(name: string, { dtype, shape, data }: TensorData): { shape: readonly number[]; data: Float32Array } {
  if (!(data instanceof Float32Array)) throw new RobencError('unsupported', `The weight "${name}" is ${describeType({ dtype, shape })}, not float32.`);
  return { shape, data };
}

function digestOf(bytes: Uint8Array, variables: Readonly<Record<string, TensorData>>): string {
  const hash = createHash('sha256').update(bytes);
  for (const { data } of Object.values(variables)) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}
