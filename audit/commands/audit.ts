/** @file `robenc audit`: how robust is a classifier, on these images, against a white-box attack? */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { attacks } from '@robenc/shared/attacks/index.js';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { dataSpecOf } from '@robenc/shared/data/detect.js';
import { defineCommand } from '@robenc/shared/config/command.js';
import { EXIT } from '@robenc/shared/errors.js';
import { readDistance } from '@robenc/shared/evaluation/attack-options.js';
import { claimOutputFolder, writeFileAtomic } from '@robenc/shared/files.js';
import { samplesCsv } from '../report/samples.js';
import { auditText } from '../report/text.js';
import { runAudit } from '../runner.js';

export default defineCommand({
  name: 'audit',
  summary: 'attack a classifier over a data set and report its robust accuracy',
  details:
    'Takes any ONNX classifier. Without flags it assumes RGB pixels from 0 to 1, no normalisation, NCHW, and class folders in lexicographic order for logit 0, 1, …; ' +
    'every assumption is printed and recorded. Accuracies are over all images: one that is wrong without an attack is not robust. ' +
    'Exit code 1: below --fail-under; 4: a critical flag says that the result cannot be trusted.',
  examples: ['robenc audit model.onnx --data photos --eps 4/255,8/255', 'robenc audit models/shapes/1 --data photos --eps 8/255 --fail-under 0.3 --out report'],
  arguments: { model: { description: 'an ONNX file, or the folder of a model package' } },
  options: {
    data: { type: 'string', value: 'data', required: true, description: 'images in class folders, CIFAR batches, or shapes' },
    eps: {
      type: 'list',
      value: 'radius',
      required: true,
      description: 'radius of the ball around each image in pixels of [0,1], e.g. 8/255; several are attacked from the smallest on',
    },
    norm: { type: 'string', choices: ['linf', 'l2'], default: 'linf', description: 'norm of the ball' },
    attack: { type: 'string', choices: attacks.names, default: 'pgd', description: 'the attack' },
    steps: { type: 'number', integer: true, minimum: 1, description: 'steps of the attack (pgd: 20)' },
    stepSize: { type: 'string', value: 'size', description: 'length of a step, e.g. 2/255 (pgd: a quarter of the radius)' },
    restarts: { type: 'number', integer: true, minimum: 1, description: 'runs from other random starts (pgd: 1)' },
    mean: { type: 'list', value: 'm', description: 'subtracted from each channel after --range: 1 or 3 numbers, e.g. 0.485,0.456,0.406' },
    std: { type: 'list', value: 's', description: 'what each channel is divided by: 1 or 3 numbers' },
    layout: { type: 'string', choices: ['nchw', 'nhwc'], description: 'order of the axes of the input (nchw)' },
    range: { type: 'list', value: 'v', description: 'what black and white are to the model: two numbers, e.g. 0,255 (0,1)' },
    classes: { type: 'list', value: 'name', description: 'class folder of logit 0, 1, …, or a text file with one name a line' },
    resize: {
      type: 'string',
      value: 'how',
      description: 'bring images to the size of the model: cover, contain or stretch; for a model of free size cover:224x224',
    },
    output: { type: 'string', value: 'name', description: 'the output that holds the logits, where there are several' },
    split: { type: 'string', choices: ['train', 'test'], default: 'test', description: 'which part of data that has parts' },
    limit: { type: 'number', integer: true, minimum: 1, description: 'attack only so many images, chosen by the seed alike from every class' },
    seed: { type: 'number', integer: true, minimum: 0, default: 0, description: 'all chance follows from it' },
    failUnder: { type: 'number', minimum: 0, maximum: 1, description: 'exit with 1 when robust accuracy at any radius is below this' },
    batchSize: { type: 'number', integer: true, minimum: 1, description: 'images per gradient (as many as fit)' },
    workers: { type: 'number', integer: true, minimum: 1, maximum: 256, description: 'threads that compute gradients (all cores)' },
    device: { type: 'string', choices: ['auto', 'cpu', 'cuda', 'webgpu'], default: 'auto', description: 'where to compute' },
    out: { type: 'string', value: 'dir', description: 'folder for audit.json and samples.csv' },
    force: { type: 'boolean', description: 'write into --out even if it holds something' },
  },
  async run(options, context) {
    const out = options.out === undefined ? null : resolve(context.cwd, options.out);
    if (out !== null) claimOutputFolder(out, { force: options.force });
    const { steps, restarts } = options;
    const stepSize = options.stepSize === undefined ? undefined : readDistance('step-size', options.stepSize, options.norm);
    const { report, outcome } = await runAudit({
      ...options,
      model: resolve(context.cwd, options.model),
      data: await dataSpecOf(options.data, context.cwd),
      epsilons: options.eps,
      attackOptions: { steps, restarts, stepSize },
      failUnder: options.failUnder ?? null,
      workers: options.workers ?? availableParallelism(),
      signal: context.signal,
      progress: (progress) => context.progress(progress),
      tell: (line) => context.stderr(line),
      now: () => Date.now(),
    });
    const checked = check(AuditReport, report, 'audit.json');
    if (out !== null) {
      writeFileAtomic(join(out, 'samples.csv'), samplesCsv(outcome));
      writeFileAtomic(join(out, 'audit.json'), `${JSON.stringify(checked, null, 2)}\n`);
    }
    for (const line of auditText(report)) context.stdout(line);
    if (out !== null) context.stdout(`Written: ${join(out, 'audit.json')} and samples.csv`);
    context.result(checked);
    if (!report.reliable) return EXIT.notReliable;
    return report.passed ? EXIT.done : EXIT.belowThreshold;
  },
});
