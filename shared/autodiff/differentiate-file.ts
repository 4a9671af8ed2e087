/** @file From an ONNX file to its gradient graph: what is to be differentiated by may be an initializer, and outputs that robenc cannot compute may be in the file. */
import { dirname } from 'node:path';
import { RobencError } from '../errors.js';
import { readBytes } from '../files.js';
import { copyInto } from '../graph/copy.js';
import { importModel, unreadableError, type Imported } from '../graph/from-onnx.js';
import { isFloat, type Graph } from '../graph/value.js';
import { newBuilder } from '../ops/index.js';
import { decodeModel } from '../proto/decode.js';
import { dtypeOf } from '../proto/dtypes.js';
import { differentiate, type Differentiated, type DifferentiateOptions } from './differentiate.js';

/** The path of an ONNX file, the bytes of one, or a graph. */
export type ModelSource = string | Uint8Array | Graph;

export interface FileOptions {
  /** Where bytes come from, for constants that the model keeps in files beside it; a path says so itself. */
  readonly folder?: string;
  /** Names the model in messages. */
  readonly source?: string;
}

/**
 * As `differentiate`, for files too. Initializers in `wrt` become inputs while the file is read, so that nothing is folded into them, and constants again in
 * the result. Outputs that robenc cannot compute are left out with a warning.
 *
 * @throws RobencError as `fromOnnx` and `differentiate` do; `unsupported` naming every node that is in the way of the output that the loss needs.
 */
export function differentiateFile(model: ModelSource, options: DifferentiateOptions, { folder, source }: FileOptions = {}): Differentiated {
  if (typeof model !== 'string' && !(model instanceof Uint8Array)) return differentiate(model, options);
  const title = source ?? (typeof model === 'string' ? model : 'The ONNX model');
  const place = folder ?? (typeof model === 'string' ? dirname(model) : undefined);
  const file = decodeModel(typeof model === 'string' ? readBytes(model, 'model') : model, title);
  const wanted = new Set(typeof options.wrt === 'string' ? [options.wrt] : options.wrt);
  const variables = file.graph!.initializer.filter(({ name, dataType }) => wanted.has(name) && isFloat(dtypeOf(dataType) ?? 'bool')).map(({ name }) => name);
  const imported = importModel(file, { source: title, variables, ...(place === undefined ? {} : { folder: place }) });
  refuseUnreadable(title, imported, options.output);
  const made = differentiate(imported.graph, options);
  const left = imported.unreadable.map(({ name }) => `The output "${name}" is left out: robenc cannot compute it (robenc inspect says why).`);
  return { ...made, graph: bound(made.graph, imported), warnings: [...left, ...made.warnings] };
}

/** Where an output cannot be computed, the one that the loss is meant for must be named: it might be that. */
function refuseUnreadable(source: string, { unreadable, graph }: Imported, output: string | undefined): void {
  if (unreadable.length === 0 || graph.outputs.some(({ name }) => name === output)) return;
  throw unreadableError(source, output === undefined ? unreadable : unreadable.filter(({ name }) => name === output));
}

/** The graph with its variables as constants. */
function bound(graph: Graph, { variables }: Imported): Graph {
  if (Object.keys(variables).length === 0) return graph;
  const g = newBuilder();
  // The inputs come first, so that their names stay theirs.
  const inputs = Object.fromEntries(
    graph.inputs.map(({ name, type }) => [name, variables[name] ? g.constant(variables[name], name) : g.input(name, type.dtype, type.shape)]),
  );
  const { outputs } = copyInto(g, graph, { inputs });
  for (const { name } of graph.outputs) {
    const value = outputs[name];
    if (!value) throw new RobencError('mismatch', `The output "${name}" was lost.`);
    g.output(name, value);
  }
  return g.build(graph.name);
}
