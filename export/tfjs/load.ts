/** @file Opens models in the format of TensorFlow.js from files: model.json with its shards, of layers (Keras) or as a graph (converter). */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { readBytes } from '@robenc/shared/files.js';

export type TfjsModel = { readonly kind: 'layers'; readonly model: tf.LayersModel } | { readonly kind: 'graph'; readonly model: tf.GraphModel };

interface ModelJson {
  readonly format?: string;
  readonly modelTopology?: object;
  readonly weightsManifest?: readonly { readonly paths: readonly string[]; readonly weights: readonly tf.io.WeightsManifestEntry[] }[];
  readonly signature?: object;
  readonly userDefinedMetadata?: object;
  readonly generatedBy?: string;
  readonly convertedBy?: string;
}

/** The path of model.json for a path of a user: the file itself, or the folder that holds it; null where it is neither. */
export function modelJsonAt(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return path.endsWith('.json') ? path : null;
  const inside = join(path, 'model.json');
  return found?.isDirectory() && existsSync(inside) ? inside : null;
}

/** Opens a model from its model.json, weights included. Throws `not-found`, `bad-file` naming the missing or short shard, or `unsupported` naming an unknown layer or operator. */
export async function loadTfjsModel(path: string): Promise<TfjsModel> {
  const json = parse(path);
  if (json.modelTopology === undefined) throw new RobencError('bad-file', `${path} has no modelTopology, so it is no TensorFlow.js model.`, { field: path });
  const groups = json.weightsManifest ?? [];
  const artifacts: tf.io.ModelArtifacts = {
    modelTopology: json.modelTopology,
    format: json.format ?? 'layers-model',
    weightSpecs: groups.flatMap(({ weights }) => weights),
    weightData: concatenated(groups.flatMap((group) => shardsOf(path, group))),
    ...(json.signature && { signature: json.signature }),
    ...(json.userDefinedMetadata && { userDefinedMetadata: json.userDefinedMetadata as Record<string, unknown> }),
    ...(json.generatedBy && { generatedBy: json.generatedBy }),
    ...(json.convertedBy && { convertedBy: json.convertedBy }),
  } as tf.io.ModelArtifacts;
  await tf.setBackend('cpu');
  const handler: tf.io.IOHandler = { load: () => Promise.resolve(artifacts) };
  try {
    return json.format === 'graph-model'
      ? { kind: 'graph', model: await tf.loadGraphModel(handler) }
      : { kind: 'layers', model: await tf.loadLayersModel(handler) };
  } catch (cause) {
    if (cause instanceof RobencError) throw cause;
    const unknown = /Unknown layer|not supported|Unknown op/i.test(messageOf(cause));
    throw new RobencError(unknown ? 'unsupported' : 'bad-file', `${path} could not be opened by TensorFlow.js: ${messageOf(cause)}`, { cause, field: path });
  }
}

function parse(path: string): ModelJson {
  const bytes = readBytes(path, path);
  try {
    return JSON.parse(bytes.toString('utf8')) as ModelJson;
  } catch (cause) {
    throw new RobencError('bad-file', `${path} is not JSON: ${messageOf(cause)}.`, { cause, field: path });
  }
}

type WeightGroup = NonNullable<ModelJson['weightsManifest']>[number];

const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2, complex64: 8 };

/** The shards of a group, which must hold as many bytes as its weights take: with more or less, all weights behind would lie elsewhere. */
function shardsOf(path: string, { paths, weights }: WeightGroup): Buffer[] {
  const shards = paths.map((name) => shard(path, name));
  const found = shards.reduce((sum, { length }) => sum + length, 0);
  const sizes = weights.map(({ shape, dtype, quantization }) => shape.reduce((a, b) => a * b, 1) * (BYTES[quantization?.dtype ?? dtype] ?? NaN));
  const wanted = sizes.reduce((a, b) => a + b, 0);
  // Texts have no fixed length.
  if (!Number.isNaN(wanted) && found !== wanted)
    throw new RobencError('bad-file', `${path}: its weights take ${wanted} bytes, and ${paths.join(', ')} hold ${found}. Download them again.`, {
      field: path,
    });
  return shards;
}

/** A shard beside model.json, and nowhere else. */
function shard(path: string, name: string): Buffer {
  const folder = resolve(dirname(path));
  const full = resolve(folder, name);
  if (!full.startsWith(folder + sep))
    throw new RobencError('bad-file', `${path} names the shard "${name}", which lies outside of its folder.`, { field: path });
  return readBytes(full, path);
}

function concatenated(parts: readonly Buffer[]): ArrayBuffer {
  const all = Buffer.concat(parts);
  return all.buffer.slice(all.byteOffset, all.byteOffset + all.byteLength);
}
