/** @file What a user means by a model: an ONNX file, the folder of a package, another folder, or a name in the models folder. */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, RobencError } from '../errors.js';
import { resolveReference } from './labels.js';
import { MANIFEST_FILE } from './layout.js';
import { openPackage } from './open.js';

export interface LocatedModel {
  readonly kind: 'file' | 'package' | 'folder';
  readonly path: string;
}

/** How commands describe the argument that `locateModel` reads. */
export const MODEL_ARGUMENT = 'an ONNX file, the folder of a model package, or name[@version] in the models folder';
/** The flag beside it. */
export const modelsOption = {
  type: 'string',
  value: 'dir',
  default: 'models',
  description: 'folder of model packages, where models are looked up by name',
} as const;

/**
 * A path goes before a name, but a folder that is no package does not hide a model of that name. A `folder` is for the caller to understand (or refuse by
 * `notAModel`). Throws `not-found` naming what there is.
 */
export async function locateModel(
  text: string,
  { cwd, models, field = 'model', what = MODEL_ARGUMENT }: { cwd: string; models: string; field?: string; what?: string },
): Promise<LocatedModel> {
  const path = resolve(cwd, text);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return { kind: 'file', path };
  if (found?.isDirectory() && statSync(join(path, MANIFEST_FILE), { throwIfNoEntry: false })?.isFile()) return { kind: 'package', path };
  const isPath = /[/\\]|\.onnx$/.test(text);
  const folder = resolve(cwd, models);
  const named = isPath ? null : modelNamed(text, folder, found !== undefined);
  if (named !== null) return { kind: 'package', path: join(folder, named.name, named.version) };
  if (found?.isDirectory()) return { kind: 'folder', path };
  if (isPath) throw new RobencError('not-found', `There is nothing at ${path}. Give ${what}.`, { field });
  // What there is in the models folder, the error of opening says best.
  const cause: unknown = await openPackage(folder, text).then(
    () => undefined,
    (error: unknown) => error,
  );
  throw new RobencError('not-found', `There is nothing at ${path}, nor is it the name of a model: ${messageOf(cause)}`, { cause, field });
}

/** The version that the name means, or null. A name that no model can have is `usage`, unless a folder has it. */
function modelNamed(text: string, models: string, isFolder: boolean): ReturnType<typeof resolveReference> {
  try {
    return resolveReference(models, text);
  } catch (error) {
    if (isFolder && error instanceof RobencError && error.code === 'usage') return null;
    throw error;
  }
}

/** The one file that a command can work on. A package has several: the error names them. */
export async function locateFile(text: string, options: { cwd: string; models: string }): Promise<string> {
  const { kind, path } = await locateModel(text, options);
  if (kind === 'file') return path;
  if (kind === 'folder') throw notAModel(path);
  const graphs = readdirSync(path)
    .filter((name) => name.endsWith('.onnx'))
    .sort();
  throw new RobencError('usage', `${text} is a model package of several graphs. Name one of them: ${graphs.map((name) => join(path, name)).join(', ')}.`, {
    field: 'model',
  });
}

export function notAModel(path: string): RobencError {
  return new RobencError(
    'not-found',
    `${path} is a folder without ${MANIFEST_FILE}. Give an ONNX file, the folder of one version, such as models/name/1, or name@version with --models.`,
    { field: 'model' },
  );
}
