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
  const [{ openEncoder }, { stateDigest }, { isClassifier }] = await Promise.all([
    import('../run/encoder.js'),
    import('../run/checkpoint.js'),
    import('../run/fine-tuned.js'),
  ]);
  const { graph, plan, state } = await openEncoder(folder);
  const { data, views } = plan.run;
  const source = {
    encoder: graph,
    digest: stateDigest(state),
    size: { height: data.size, width: data.size, fit: 'cover' },
    scheme: views.scheme === 'patches' ? 'patches' : 'crops',
    data: { name: data.name, path: data.path, holdOut: data.holdOut },
  } as const;
  if (!isClassifier(plan)) return withHeads({ ...source, headsFolder });
  const classifier = { ...graph, outputs: graph.outputs.map(({ value }) => ({ name: 'logits', value })) };
  return { ...source, headsFolder: null, heads: () => ({ image: { classifier, classes: null }, aggregate: null }) };
}
