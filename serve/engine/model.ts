/** @file A model as the endpoints and batch commands see it, whether it came from a package or from a lone ONNX file. */
import type { InputContract, Manifest } from '@robenc/shared/config/manifest.js';
import { suggestion } from '@robenc/shared/nearest.js';
import { RobencError } from '@robenc/shared/errors.js';
import type { SizePolicy } from '@robenc/shared/images/fit.js';
import type { ModelGraph } from './graph.js';

/** The graphs that the server uses. */
export type GraphRole = 'encoder' | 'classifier' | 'gradient' | 'aggregateHead';

export interface ServedModel {
  /** `name@version`. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** SHA-256 that names the whole package (or the file), so that every answer can be traced. */
  readonly digest: string;
  readonly input: Pick<InputContract, 'height' | 'width' | 'fit'>;
  /** In the order of the logits. */
  readonly classes: readonly string[];
  /** Null for a lone file. */
  readonly manifest: Manifest | null;
  readonly graphs: Readonly<Partial<Record<GraphRole, ModelGraph>>>;
  /** Graphs that were made of those when they were first needed, by what they are for. */
  readonly made: Map<string, Promise<ModelGraph>>;
  /** Path of a file of the package; null for a lone file. */
  readonly path: ((role: 'encoder' | 'classifier' | 'aggregateHead') => string | null) | null;
  readonly workers: number;
}

const MISSING: Readonly<Record<GraphRole, string>> = {
  encoder: 'no encoder',
  classifier: 'no classifier',
  gradient: 'no gradient graph, which robustness checks need',
  aggregateHead: 'no patch-aggregate head; leave out "crops" to classify the whole image, or fit one with `robenc fit-head`',
};

/** The graph of that role. Throws `unsupported` when the model has none. */
export function graphOf(model: ServedModel, role: GraphRole): ModelGraph {
  const graph = model.graphs[role];
  if (graph === undefined)
    throw new RobencError('unsupported', `The model ${model.id} has ${MISSING[role]}.`, { field: role === 'aggregateHead' ? 'crops' : 'model' });
  return graph;
}

/** How images of any size become input of the model, by its manifest. */
export function sizePolicyOf({ input }: ServedModel): SizePolicy {
  return { height: input.height, width: input.width, fit: input.fit };
}

/** What every answer says about the model that gave it. */
export function identityOf({ name, version, digest }: ServedModel): { name: string; version: string; digest: string } {
  return { name, version, digest };
}

/** Index of a class given by name, index, or index as text (names win). Throws `bad-input` naming the field. */
export function classIndex(model: ServedModel, label: string | number, field: string): number {
  const { classes } = model;
  const byName = typeof label === 'string' ? classes.indexOf(label) : -1;
  if (byName >= 0) return byName;
  const index = typeof label === 'number' ? label : /^\d+$/.test(label) ? Number(label) : NaN;
  if (Number.isInteger(index) && index >= 0 && index < classes.length) return index;
  const near = typeof label === 'string' && classes.length <= 1_000 ? suggestion(label, classes) : '';
  throw new RobencError('bad-input', `${field} is ${JSON.stringify(label)}; it must be a class name or an index from 0 to ${classes.length - 1}.${near}`, {
    field,
  });
}
