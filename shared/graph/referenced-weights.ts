/** @file Models beyond the 2 GiB that one file holds: what is written refers to the files that the weights were read from, and copies none of them. */
import { realpathSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import { RobencError } from '../errors.js';
import { originOf } from '../proto/external-data.js';
import type { ToOnnxOptions } from './to-onnx.js';
import type { Graph, TypedArray } from './value.js';

/** protobuf ends at 2 GiB; nodes and names take some of it. */
const MOST_BYTES = 2 ** 31 - 2 ** 26;

/**
 * How `toOnnx` is to write the constants of a graph for a file in `folder`; undefined where they fit into the file itself.
 *
 * @throws RobencError `unsupported` where they do not fit, and files that hold them do not lie in this folder.
 */
export function referencedWeights(graph: Graph, folder: string, mostBytes = MOST_BYTES): ToOnnxOptions['external'] {
  const constants = new Set<TypedArray>();
  for (const { inputs } of graph.nodes) for (const value of inputs) if (value?.data) constants.add(value.data.data);
  const views = [...constants].map((data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const total = (some: readonly Uint8Array[]): number => some.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (total(views) <= mostBytes) return undefined;
  const root = realpathSync(folder);
  const inside = (path: string): string | null => {
    const location = relative(root, path);
    return location === '..' || location.startsWith(`..${sep}`) || isAbsolute(location) ? null : location.replaceAll('\\', '/');
  };
  const place: NonNullable<ToOnnxOptions['external']> = (bytes) => {
    const origin = originOf(bytes);
    const location = origin && inside(origin.path);
    return origin && location !== null ? { location, offset: origin.offset, length: origin.length } : null;
  };
  const own = total(views.filter((bytes) => place(bytes) === null));
  if (own > mostBytes)
    throw new RobencError(
      'unsupported',
      `The gradient has ${total(views)} bytes of constants, and one ONNX file holds ${mostBytes}. It can refer to the files of weights of the model instead: write it into the folder of the model.`,
      { field: '--out' },
    );
  return place;
}
