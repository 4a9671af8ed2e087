/** @file `robenc evaluate`: how well do an encoder and its heads do, clean and under attack? */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { attacks } from '@robenc/shared/attacks/index.js';
import { check } from '@robenc/shared/config/check.js';
import { defineCommand } from '@robenc/shared/config/command.js';
import { EvaluationReport, EVALUATION_SCHEMA_VERSION, type EvaluationResult } from '@robenc/shared/config/evaluation.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { attackOptions, readDistance } from '@robenc/shared/evaluation/attack-options.js';
import { evaluateThreat } from '@robenc/shared/evaluation/evaluate.js';
import { evaluationText } from '@robenc/shared/evaluation/evaluation-text.js';
import { logitLabels } from '@robenc/shared/evaluation/relabel.js';
import { scoreNeighbours } from '@robenc/shared/evaluation/neighbours.js';
import { threatModels, type ThreatModel } from '@robenc/shared/evaluation/threats.js';
import type { Heads } from '@robenc/shared/evaluation/encoder-source.js';
import { weakAttackText } from '@robenc/shared/evaluation/weak-attack.js';
import { claimOutputFolder, writeFileAtomic } from '@robenc/shared/files.js';
import { modelsOption } from '@robenc/shared/package/locate.js';
import { labelledDataOptions, openLabelledData } from '../run/labelled-data.js';
import { openSource } from './encoder-source.js';

export default defineCommand({
  name: 'evaluate',
  summary: 'score an encoder with its linear heads, clean and under white-box attack',
  details:
    'Threat models: image (the whole-image head, one perturbation on the image), aggregate-image (the mean over crops, one perturbation on the source image, gradients through the crops), ' +
    'aggregate-crops (the mean over crops, one perturbation per crop). Accuracies are over all images, with exact 95 % intervals.',
  examples: [
    'robenc evaluate runs/quickstart --data shapes --limit 500',
    'robenc evaluate models/photos/1 --data photos --eps 4/255,8/255 --steps 20 --step-size 2/255 --threats image',
  ],
  arguments: { source: { description: 'a run folder with heads, a model package, an ONNX encoder with heads, or an ONNX classifier' } },
  options: {
    models: modelsOption,
    ...labelledDataOptions,
    split: { type: 'string', choices: ['train', 'test'], default: 'test', description: 'which part of data that has parts' },
    limit: { type: 'number', integer: true, minimum: 1, description: 'attack only so many images, chosen by the seed alike from every class' },
    eps: { type: 'list', value: 'radius', default: ['4/255', '8/255'], description: 'radius of the ball in pixels of [0,1]; 0 attacks nothing' },
    norm: { type: 'string', choices: ['linf', 'l2'], default: 'linf', description: 'norm of the ball' },
    attack: { type: 'string', choices: attacks.names, default: 'pgd', description: 'the attack' },
    steps: { type: 'number', integer: true, minimum: 1, description: 'steps of the attack (pgd: 20)' },
    stepSize: { type: 'string', value: 'size', description: 'length of a step, e.g. 2/255 (pgd: a quarter of the radius)' },
    restarts: { type: 'number', integer: true, minimum: 1, description: 'runs from other random starts (pgd: 1)' },
    threats: { type: 'list', value: 'name', choices: threatModels.names, description: 'threat models (all that the heads allow)' },
    crops: { type: 'number', integer: true, minimum: 1, maximum: 256, description: 'crops of the aggregate head (as it was fitted)' },
    neighbours: {
      type: 'number',
      integer: true,
      minimum: 1,
      value: 'images',
      description: 'also classify by 20 nearest neighbours among so many training images',
    },
    seed: { type: 'number', integer: true, minimum: 0, default: 0, description: 'choice of images, crops and random starts' },
    batchSize: { type: 'number', integer: true, minimum: 1, description: 'images per gradient (as many as fit)' },
    workers: { type: 'number', integer: true, minimum: 1, maximum: 256, description: 'threads that compute gradients (all cores)' },
    device: { type: 'string', choices: ['auto', 'cpu', 'cuda', 'webgpu'], default: 'auto', description: 'where to compute' },
    heads: { type: 'string', value: 'dir', description: 'folder of the heads (heads in the run folder, or beside the file)' },
    out: { type: 'string', short: 'o', value: 'dir', description: 'folder for evaluation.json' },
    force: { type: 'boolean', description: 'write into --out even if it holds something' },
  },
  async run(options, context) {
    const started = Date.now();
    const out = options.out === undefined ? null : resolve(context.cwd, options.out);
    const { steps, restarts, norm, split, seed } = options;
    const stepSize = options.stepSize === undefined ? undefined : readDistance('step-size', options.stepSize, norm);
    const attackJob = { attack: options.attack, epsilons: options.eps, norm, attackOptions: { steps, stepSize, restarts } };
    const constants = attackOptions(attackJob);
    const source = await openSource(
      options.source,
      { cwd: context.cwd, models: options.models },
      options.heads === undefined ? undefined : resolve(context.cwd, options.heads),
    );
    const heads = source.heads();
    const chosen = chooseThreats(options.threats, heads);
    const set = await openLabelledData({ ...options, warn: (message) => context.stderr(message) }, source, context.cwd);
    if (out !== null) claimOutputFolder(out, { force: options.force });
    const results: EvaluationResult[] = [];
    const weak = weakAttackText(constants);
    const warnings: string[] = weak === null ? [] : [weak];
    if (set.undivided === true) warnings.push(UNDIVIDED);
    let device = 'cpu';
    for (const threatModel of chosen) {
      const count = options.crops ?? heads.aggregate?.crops.count ?? 1;
      const evaluation = await evaluateThreat({
        models: { encoder: source.encoder, heads },
        threatModel,
        set: { ...set, labels: logitLabels(set, heads[threatModel.head]!.classes) },
        crops: { scheme: heads.aggregate?.crops.scheme ?? source.scheme, count, seed, output: source.size },
        attack: attacks.get(options.attack),
        options: constants,
        seed,
        workers: options.workers ?? availableParallelism(),
        device: options.device,
        batchSize: options.batchSize,
        signal: context.signal,
        progress: (report) => context.progress(report),
      });
      results.push(...evaluation.results);
      warnings.push(...evaluation.warnings);
      device = evaluation.device;
    }
    const neighbours =
      options.neighbours === undefined
        ? {}
        : {
            neighbours: await scoreNeighbours(
              { encoder: source.encoder, workers: options.workers ?? availableParallelism(), device: options.device, signal: context.signal },
              { bank: await openLabelledData({ ...options, split: 'train', limit: options.neighbours }, source, context.cwd), queries: set },
            ),
          };
    const report = check(
      EvaluationReport,
      {
        schema: 'robenc/evaluation',
        schemaVersion: EVALUATION_SCHEMA_VERSION,
        createdAt: new Date(started).toISOString(),
        seconds: (Date.now() - started) / 1000,
        source: options.source,
        encoderDigest: source.digest,
        data: {
          name: set.name,
          split: set.undivided === true ? 'whole folder' : split,
          images: set.count,
          height: set.height,
          width: set.width,
          classes: [...set.classes],
        },
        seed,
        device,
        threats: Object.fromEntries(chosen.map(({ name, text }) => [name, text])),
        results,
        ...neighbours,
        warnings,
      },
      'evaluation.json',
    );
    if (out !== null) writeFileAtomic(join(out, 'evaluation.json'), `${JSON.stringify(report, null, 2)}\n`);
    for (const line of evaluationText(report)) context.stdout(line);
    if (out !== null) context.stdout(`Written: ${join(out, 'evaluation.json')}`);
    context.result(report);
    return EXIT.done;
  },
});

const UNDIVIDED =
  'The data folder has no train/ and test/ folders, so the encoder and its heads may have been fitted on these very images: the accuracies say nothing about others. ' +
  'Put images that were kept apart into test/.';

function chooseThreats(given: readonly string[], heads: Heads): readonly ThreatModel[] {
  const possible = threatModels.entries.filter(({ head }) => heads[head] !== null);
  if (possible.length === 0) throw new RobencError('not-found', 'This encoder has no heads yet. Fit them with robenc fit-head.', { field: 'source' });
  if (given.length === 0) return possible;
  return given.map((name) => {
    const threat = threatModels.get(name);
    if (!possible.includes(threat))
      throw new RobencError('not-found', `The threat model ${name} needs the ${threat.head} head, which there is not. Fit it with robenc fit-head.`, {
        field: 'threats',
      });
    return threat;
  });
}
