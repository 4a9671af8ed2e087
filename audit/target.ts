/** @file The model that an audit looks at: a plain ONNX file, or a model of a package. */
import { statSync } from 'node:fs';
import type { Manifest } from '@robenc/shared/config/manifest.js';
import { RobencError } from '@robenc/shared/errors.js';
import { openPackageSource, type EncoderSource } from '@robenc/shared/evaluation/encoder-source.js';
import { readBytes } from '@robenc/shared/files.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import { sha256 } from '@robenc/shared/package/digest.js';
import { openPackage } from '@robenc/shared/package/open.js';

export interface Target {
  readonly path: string;
  readonly sha256: string;
  /** The classifier or the encoder, as was asked for. */
  readonly graph: Graph;
  /** null for a plain file. */
  readonly manifest: Manifest | null;
  /** The package's encoder with its heads; null for a plain file, and for a package that has a classifier alone. */
  readonly source: EncoderSource | null;
}

/** Opens a model file or a package folder. Throws `not-found`, `bad-file` or `unsupported`, naming the file. */
export async function openTarget(path: string, model: 'classifier' | 'encoder' | 'aggregate' = 'classifier'): Promise<Target> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new RobencError('not-found', `There is no model at ${path}. Give an ONNX file, or the folder of a model package.`, { field: 'model' });
  if (!found.isDirectory()) return { path, sha256: sha256(readBytes(path, 'model')), graph: fromOnnx(path), manifest: null, source: null };
  const opened = await openPackage(path);
  const file = opened.path(model === 'classifier' ? 'classifier' : 'encoder');
  if (file === null)
    throw new RobencError(
      'unsupported',
      `The package in ${path} has no ${model === 'classifier' ? 'classifier' : 'encoder'} to audit.${model === 'classifier' ? '' : ' Leave --threat out to audit its classifier.'}`,
      { field: 'model' },
    );
  const source = opened.path('encoder') === null ? null : await openPackageSource(path);
  return { path: file, sha256: sha256(readBytes(file, 'model')), graph: fromOnnx(file), manifest: opened.manifest, source };
}
