/** @file `robenc audit`: how robust is a classifier, on these images, against a white-box attack? */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { attacks } from '@robenc/shared/attacks/index.js';
import { presets } from '@robenc/shared/attacks/presets.js';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { dataSpecOf } from '@robenc/shared/data/detect.js';
import { defineCommand, flagName } from '@robenc/shared/config/command.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { readDistance } from '@robenc/shared/evaluation/attack-options.js';
import { claimOutputFolder } from '@robenc/shared/files.js';
import { locateModel, MODEL_ARGUMENT, modelsOption, notAModel } from '@robenc/shared/package/locate.js';
import { distributeOverQueue } from '../queue/distribute.js';
import { corruptionNames } from '../corruptions.js';
import { isAddress } from '../remote/address.js';
import { auditText } from '../report/text.js';
import { writeAudit } from '../report/write.js';
import { runAudit } from '../runner.js';
import { threats } from '../threats/index.js';

export default defineCommand({
  name: 'audit',
  summary: 'attack a classifier over a data set and report its robust accuracy',
  details:
    'Takes any ONNX classifier. Without flags it assumes RGB pixels from 0 to 1, no normalisation, NCHW, and class folders in lexicographic order for logit 0, 1, …; ' +
    'every assumption is printed and recorded. The presets certify and corruptions attack nothing. Accuracies are over all images: one that is wrong without an attack is not robust. ' +
    'Exit code 1: below --fail-under; 4: a critical flag says that the result cannot be trusted, or the audit is not complete and decides no threshold.',
  examples: [
    'robenc audit model.onnx --data photos --eps 4/255,8/255',
    'robenc audit models/shapes/1 --data photos --preset standard --eps 8/255 --fail-under 0.3 --out audits/shapes',
    'robenc audit models/shapes/1 --data photos --preset standard --eps 8/255 --out audits/shapes --resume',
    'robenc audit model.onnx --data photos --preset corruptions --out audits/corruptions',
    'robenc audit http://localhost:8080/v1/classify?model=shapes --data photos --attack square --eps 8/255 --out audits/served',
    'robenc audit model.onnx --data photos --preset certify --sigma 0.25 --draws 10000 --eps 0.25,0.5',
  ],
  arguments: { model: { description: `${MODEL_ARGUMENT}; or the address of a robenc server, of which only scores are seen` } },
  options: {
    data: { type: 'string', value: 'data', required: true, description: 'images in class folders, CIFAR batches, or shapes' },
    eps: {
      type: 'list',
      value: 'radius',
      description:
        'radius of the ball around each image in pixels of [0,1], e.g. 8/255; several are attacked from the smallest on (needed, but for --preset paper, certify and corruptions)',
    },
    norm: { type: 'string', choices: ['linf', 'l2', 'l1'], description: 'norm of the ball (linf; --preset certify: l2)' },
    preset: { type: 'string', choices: presets.names, description: 'which attacks are made, each on what survived the ones before' },
    attack: { type: 'string', choices: attacks.names, description: 'one attack instead of a preset (pgd)' },
    straightThrough: {
      type: 'list',
      value: 'Op,…',
      description: 'operators that gradients pass as if they copied their first input, such as Round or Clip (straight-through, BPDA)',
    },
    threat: { type: 'string', choices: threats.names, default: 'image', description: 'what is attacked, and what the adversary may change' },
    steps: { type: 'number', integer: true, minimum: 1, description: 'steps of the attacks that have them (pgd: 20)' },
    stepSize: { type: 'string', value: 'size', description: 'length of a step, e.g. 2/255 (pgd: a quarter of the radius)' },
    restarts: { type: 'number', integer: true, minimum: 1, description: 'runs from other random starts (pgd: 1)' },
    targets: { type: 'number', integer: true, minimum: 1, description: 'classes that targeted attacks try (9)' },
    queries: { type: 'number', integer: true, minimum: 1, description: 'points that square tries (5000)' },
    sigma: { type: 'number', minimum: 0, description: 'deviation of the noise of --preset certify, in pixels of [0,1] (0.25)' },
    draws: { type: 'number', integer: true, minimum: 1, maximum: 10_000_000, description: 'noisy copies of each image that --preset certify counts (1000)' },
    alpha: { type: 'number', minimum: 0, maximum: 0.5, description: 'how often a certificate may be wrong (0.001)' },
    corruptions: {
      type: 'list',
      choices: corruptionNames,
      description: 'common corruptions that are looked at besides the attacks, or by --preset corruptions (main)',
    },
    models: modelsOption,
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
    holdOut: { type: 'number', value: 'share', description: 'share of a folder without train/ and test/ that counts as test (the whole folder is audited)' },
    limit: { type: 'number', integer: true, minimum: 1, description: 'attack only so many images, chosen by the seed alike from every class' },
    seed: { type: 'number', integer: true, minimum: 0, default: 0, description: 'all chance follows from it' },
    failUnder: { type: 'number', minimum: 0, maximum: 1, description: 'exit with 1 when robust accuracy at any radius is below this' },
    batchSize: { type: 'number', integer: true, minimum: 1, description: 'images per item of work (as many as fit)' },
    workers: { type: 'number', integer: true, minimum: 1, maximum: 256, description: 'threads that compute gradients (all cores)' },
    device: { type: 'string', choices: ['auto', 'cpu', 'cuda', 'webgpu'], default: 'auto', description: 'where to compute' },
    maxMinutes: { type: 'number', minimum: 0, description: 'end after that time; what is known then is an upper bound' },
    shard: { type: 'string', value: 'i/n', description: 'only the i-th of n parts of the images; put the parts together with --merge' },
    merge: { type: 'list', value: 'dir', description: 'take over what other folders of the same audit hold, e.g. of shards' },
    queue: { type: 'string', value: 'address', description: 'have the work done by robenc audit worker, over Redis: redis://host:port[/prefix]' },
    tries: {
      type: 'number',
      integer: true,
      minimum: 1,
      maximum: 1000,
      default: 5,
      description: 'with --queue: a part that failed so often, or at which so many workers died, is set aside',
    },
    out: { type: 'string', value: 'dir', description: 'folder for audit.json, samples.csv, junit.xml, report.html and the state' },
    resume: { type: 'boolean', description: 'go on with the audit in --out' },
    force: { type: 'boolean', description: 'write into --out even if it holds something, and begin anew' },
  },
  async run(options, context) {
    const out = options.out === undefined ? null : resolve(context.cwd, options.out);
    if (out === null && (options.resume || options.merge.length > 0))
      throw new RobencError('usage', `--${options.resume ? 'resume' : 'merge'} needs the folder of the audit. Name it with --out.`, { field: 'out' });
    const { steps, restarts, targets, queries, sigma, draws, alpha } = options;
    const certifies = options.preset !== undefined && presets.get(options.preset).certifies === true;
    const norm = options.norm ?? (certifies ? 'l2' : 'linf');
    const stepSize = options.stepSize === undefined ? undefined : readDistance('step-size', options.stepSize, norm);
    const { shard: part, maxMinutes, queue, tries, ...rest } = options;
    const shard = part === undefined ? undefined : readShard(part);
    const tell = (line: string) => context.stderr(line);
    const distribute = queue === undefined ? undefined : await distributeOverQueue({ queue, tries, tell });
    const model = await modelOf(options.model, { cwd: context.cwd, models: options.models });
    const release = out === null ? () => undefined : claimOutputFolder(out, { force: options.force, resume: options.resume });
    const run = await runAudit({
      ...rest,
      norm,
      smoothing: { sigma, draws, alpha },
      model,
      apiKey: process.env['ROBENC_API_KEY'],
      data: await dataSpecOf(options.data, context.cwd),
      epsilons: options.eps,
      attackOptions: { steps, restarts, stepSize, targets, queries },
      failUnder: options.failUnder ?? null,
      workers: options.workers ?? availableParallelism(),
      state: out === null ? undefined : { folder: out, fresh: options.force, merge: options.merge.map((folder) => resolve(context.cwd, folder)) },
      shard,
      maxMinutes,
      signal: context.signal,
      progress: (progress) => context.progress(progress),
      distribute,
      tell,
      now: () => Date.now(),
    }).catch((error: unknown) => {
      release();
      throw error instanceof RobencError && error.code === 'cancelled' ? stopped(out, error) : error;
    });
    const report = check(AuditReport, run.report, 'audit.json');
    const files = out === null ? [] : await writeAudit(out, run, commandText(options));
    for (const line of auditText(report)) context.stdout(line);
    if (out !== null) context.stdout(`Written to ${out}: ${files.join(', ')}`);
    context.result(report);
    if (!report.reliable) return EXIT.notReliable;
    if (report.failUnder === null || report.passed) return EXIT.done;
    // Part of an audit decides nothing.
    return report.complete ? EXIT.belowThreshold : EXIT.notReliable;
  },
});

function stopped(out: string | null, cause: RobencError): RobencError {
  const what = 'The audit was stopped before it ended.';
  const kept = out === null ? 'Nothing of it is kept: give a folder with --out to be able to go on.' : `What it did is kept in ${out}: go on with --resume.`;
  return new RobencError('cancelled', `${what} ${kept}`, { cause });
}

/** A path, or an address as it is. */
async function modelOf(text: string, places: { cwd: string; models: string }): Promise<string> {
  if (isAddress(text)) return text;
  const model = await locateModel(text, places);
  if (model.kind === 'folder') throw notAModel(model.path);
  return model.path;
}

/** `2/5` is the second of five parts. Throws `usage`. */
function readShard(text: string): { index: number; of: number } {
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text)?.map(Number) ?? [];
  if (index === undefined || of === undefined || index < 1 || index > of)
    throw new RobencError('usage', `--shard ${text}: give the number of the part and of all parts, e.g. 2/5.`, { field: 'shard' });
  return { index: index - 1, of };
}

/** The command line that makes the audit again: every flag that was given or has a default, but those that say where it goes on. */
function commandText(options: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>): string {
  const leftOut = new Set(['model', 'models', 'resume', 'force', 'merge', 'out', 'shard', 'maxMinutes', 'queue', 'tries']);
  const words = Object.entries(options).flatMap(([name, value]) => {
    if (leftOut.has(name) || value === undefined || value === false || (typeof value === 'object' && value.length === 0)) return [];
    return [`--${flagName(name)}`, ...(value === true ? [] : [shellWord(typeof value === 'object' ? value.join(',') : String(value))])];
  });
  return ['robenc audit', shellWord(String(options['model'])), ...words].join(' ');
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
