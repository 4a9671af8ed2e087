/** @file An encoder and the labels of its nearest known images: whether a perturbation makes the neighbours vote for another class. */
import { embedSet } from '@robenc/shared/evaluation/embed.js';
import { imageId } from '@robenc/shared/evaluation/pixels.js';
import { wrapEncoder } from '@robenc/shared/evaluation/preprocessing.js';
import { RobencError } from '@robenc/shared/errors.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { setupOf } from './embedding.js';
import { neighboursGraph } from './embedding-graphs.js';
import type { AuditThreat } from './threat.js';

/** Neighbours that vote. */
const NEIGHBOURS = 20;

export const neighbours: AuditThreat = {
  name: 'neighbours',
  text: `encoder; an image is broken when its ${NEIGHBOURS} nearest training images (cosine, weighted by exp(cosine / 0.07)) vote for another class`,
  model: 'encoder',
  needsLabels: true,
  async build(context) {
    const { target, input, plan, set, output, workers, device, signal } = context;
    const bank = await context.bank();
    refuseOverlap(bank, set);
    const wrapped = wrapEncoder(target.graph, input, set, plan.preprocessing, output);
    const known = await embedSet({ encoder: wrapped.graph, set: bank, crops: null, workers, device, signal });
    const labels = Int32Array.from(bank.labels ?? [], (label) => set.classes.indexOf(bank.classes[label]!));
    if (labels.length === 0 || labels.some((label) => label < 0))
      throw new RobencError(
        'usage',
        'The training part of the data has other classes than the part that is audited. Give data whose parts have the same class folders with --data.',
        {
          field: 'data',
        },
      );
    const graph = neighboursGraph(wrapped.graph, known, labels, { classes: set.classes.length, k: NEIGHBOURS });
    const setup = setupOf(context, graph, wrapped.output, set.classes.length, set.labels!);
    return { ...setup, logitOf: set.classes.map((_, i) => i), classesNamed: true };
  },
};

/** Throws `usage` where images are their own neighbours. */
function refuseOverlap(bank: ImageSet, set: ImageSet): void {
  const known = new Set(Array.from({ length: bank.count }, (_, i) => imageId(bank, i)));
  if (bank.name === set.name && Array.from({ length: set.count }, (_, i) => imageId(set, i)).some((id) => known.has(id)))
    throw new RobencError(
      'usage',
      'The images are their own neighbours: the data has no training part. Part it with --hold-out 0.2, or give data with train/ and test/.',
      {
        field: 'hold-out',
      },
    );
}
