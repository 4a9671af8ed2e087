/** @file The model that an audit looks at: a plain ONNX file, or the classifier of a model package. */
import { readFileSync, statSync } from 'node:fs';
import type { Manifest } from '@robenc/shared/config/manifest.js';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import { sha256 } from '@robenc/shared/package/digest.js';
import { openPackage } from '@robenc/shared/package/open.js';

export interface Target {
  readonly path: string;
  readonly sha256: string;
  readonly graph: Graph;
  /** null for a plain file. */
  readonly manifest: Manifest | null;
}

/** Opens a model file or a package folder. Throws `not-found`, `bad-file` or `unsupported`, naming the file. */
export async function openTarget(path: string): Promise<Target> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new RobencError('not-found', `There is no model at ${path}. Give an ONNX file, or the folder of a model package.`, { field: 'model' });
  const opened = found.isDirectory() ? await openPackage(path) : null;
  const file = opened === null ? path : opened.path('classifier');
  if (file === null) throw new RobencError('unsupported', `The package in ${path} has an encoder but no classifier to audit.`, { field: 'model' });
  return { path: file, sha256: sha256(readBytes(file)), graph: fromOnnx(file), manifest: opened?.manifest ?? null };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new RobencError('io', `Could not read ${path}: ${messageOf(cause)}.`, { cause, field: 'model' });
  }
}
