/** @file `robenc fit-head`: linear heads from a small labelled set. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defineCommand } from '@robenc/shared/config/command.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import type { CropPlan } from '@robenc/shared/evaluation/crops.js';
import { fitHead } from '@robenc/shared/evaluation/fit-heads.js';
import { writeHead } from '@robenc/shared/evaluation/head-file.js';
import { textTable } from '@robenc/shared/evaluation/text-table.js';
import { claimOutputFolder } from '@robenc/shared/files.js';
import { modelsOption } from '@robenc/shared/package/locate.js';
import { labelledDataOptions, openLabelledData } from '../run/labelled-data.js';
import { openSource } from './encoder-source.js';
import { headProtocolOptions, minibatchFit } from './head-protocol.js';

export default defineCommand({
  name: 'fit-head',
  summary: 'fit linear heads on an encoder from a small labelled set',
  details:
    'Fits softmax regression on standardised embeddings: one head on whole images, one on the mean embedding of n crops. The encoder does not change. ' +
    'Of several weight decays the one that does best on a held-out fifth is taken. With --solver sgd or adam a head is fitted in epochs, on clean images or, against PGD, on attacked ones.',
  examples: [
    'robenc fit-head runs/quickstart --data shapes --limit 1000',
    'robenc fit-head encoder.onnx --data photos --crops 8',
    'robenc fit-head runs/quickstart --solver adam --phases clean:2,robust:2,clean:2 --out runs/quickstart/heads-robust',
  ],
  arguments: { source: { description: 'a run folder, or an ONNX encoder' } },
  options: {
    models: modelsOption,
    ...labelledDataOptions,
    split: { type: 'string', choices: ['train', 'test'], default: 'train', description: 'which part of data that has parts' },
    limit: { type: 'number', integer: true, minimum: 2, description: 'use only so many images, chosen by the seed alike from every class' },
    perClass: { type: 'boolean', description: '--limit is per class' },
    crops: { type: 'number', integer: true, minimum: 0, maximum: 256, default: 8, description: 'crops per image of the aggregate head; 0 fits none' },
    scheme: { type: 'string', choices: ['crops', 'patches'], description: 'how crops are drawn (as the run was trained, else crops)' },
    weightDecay: { type: 'list', value: 'w', description: 'weight decay; several are compared (0.001,0.01,0.1,1)' },
    ...headProtocolOptions,
    seed: { type: 'number', integer: true, minimum: 0, default: 0, description: 'choice of images, crops and the held-out fifth' },
    workers: { type: 'number', integer: true, minimum: 1, maximum: 256, description: 'threads that compute embeddings (all cores)' },
    device: { type: 'string', choices: ['auto', 'cpu', 'cuda', 'webgpu'], default: 'auto', description: 'where embeddings are computed' },
    out: { type: 'string', short: 'o', value: 'dir', description: 'folder of the heads (heads in the run folder, or beside the file)' },
    force: { type: 'boolean', description: 'replace heads that are there' },
  },
  async run(options, context) {
    const out = options.out === undefined ? undefined : resolve(context.cwd, options.out);
    const source = await openSource(options.source, { cwd: context.cwd, models: options.models }, out);
    const { headsFolder } = source;
    if (headsFolder === null)
      throw new RobencError('usage', `${options.source} is finished: heads are fitted on a run folder or on an ONNX encoder.`, { field: 'source' });
    const weightDecay = options.weightDecay.length === 0 ? undefined : options.weightDecay.map(decayOf);
    const minibatch = minibatchFit(options);
    const { split, seed } = options;
    const set = await openLabelledData({ ...options, warn: (message) => context.stderr(message) }, source, context.cwd);
    claimOutputFolder(headsFolder, { force: options.force });
    const crops: CropPlan = { scheme: options.scheme ?? source.scheme, count: options.crops, seed, output: source.size };
    const fitted = [];
    for (const plan of options.crops === 0 ? [null] : [null, crops]) {
      const head = await fitHead({
        encoder: source.encoder,
        encoderDigest: source.digest,
        set,
        data: `${set.name} ${split}`,
        crops: plan,
        weightDecay,
        minibatch,
        seed,
        workers: options.workers ?? availableParallelism(),
        device: options.device,
        signal: context.signal,
        progress: (report) => context.progress(report),
      });
      fitted.push({ path: writeHead(headsFolder, head), ...head.file });
    }
    const rows = fitted.map(({ kind, crops: used, fit }) => [
      used === null ? kind : `${kind} (${used.count} ${used.scheme})`,
      percent(fit.trainAccuracy),
      percent(fit.heldOut.find(({ weightDecay: one }) => one === fit.weightDecay)?.accuracy ?? null),
      percent(fit.neighbourAccuracy),
      String(fit.weightDecay),
    ]);
    for (const line of textTable(['head', 'fitted on', 'held out', 'nearest neighbours', 'weight decay'], rows)) context.stdout(line);
    context.stdout(`${set.count} images of ${set.classes.length} classes from ${set.name} (${split}), seed ${seed}. Heads: ${headsFolder}`);
    context.result({ headsFolder, heads: fitted });
    return EXIT.done;
  },
});

function percent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(1)} %`;
}

function decayOf(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new RobencError('usage', `--weight-decay ${text}: give numbers of 0 or more, separated by commas.`, { field: 'weight-decay' });
  return value;
}
