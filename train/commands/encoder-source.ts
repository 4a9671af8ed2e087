/** @file The encoder that a command is given: a run folder, a model package, or an ONNX file. */
import { join } from 'node:path';
import { openOnnxSource, openPackageSource, withHeads, type EncoderSource } from '@robenc/shared/evaluation/encoder-source.js';
import { locateModel, MODEL_ARGUMENT } from '@robenc/shared/package/locate.js';

/** What a user means by `text`. Throws `not-found` for what is nothing of the kind. Only a run folder loads tfjs, to trace its encoder. */
export async function openSource(text: string, where: { cwd: string; models: string }, headsFolder?: string): Promise<EncoderSource> {
  const { kind, path } = await locateModel(text, { ...where, field: 'source', what: `a run folder, ${MODEL_ARGUMENT}` });
  if (kind === 'file') return openOnnxSource(path, headsFolder);
  if (kind === 'package') return openPackageSource(path);
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
    data: { name: data.name, path: data.path, holdOut: data.holdOut },
  });
}
