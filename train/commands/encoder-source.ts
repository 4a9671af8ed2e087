/** @file The encoder that a command is given: a run folder, a model package, or an ONNX file. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { openOnnxSource, openPackageSource, withHeads, type EncoderSource } from '@robenc/shared/evaluation/encoder-source.js';

/** Opens a source. Throws `not-found` for a path that is nothing of the kind. Only a run folder loads tfjs, to trace its encoder. */
export async function openSource(path: string, headsFolder?: string): Promise<EncoderSource> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new RobencError('not-found', `There is nothing at ${path}. Give a run folder, the folder of a model package, or an ONNX file.`, { field: 'source' });
  if (!found.isDirectory()) return openOnnxSource(path, headsFolder);
  if (existsSync(join(path, 'manifest.json'))) return openPackageSource(path);
  return openRunSource(path, headsFolder ?? join(path, 'heads'));
}

async function openRunSource(folder: string, headsFolder: string): Promise<EncoderSource> {
  const [{ openEncoder }, { stateDigest }] = await Promise.all([import('../run/encoder.js'), import('../run/checkpoint.js')]);
  const { graph, plan, state } = await openEncoder(folder);
  const { data, views } = plan.run;
  return withHeads({
    encoder: graph,
    digest: stateDigest(state),
    size: { height: data.size, width: data.size, fit: 'cover' },
    scheme: views.scheme === 'patches' ? 'patches' : 'crops',
    headsFolder,
    data: { name: data.name, path: data.path },
  });
}
