/** @file robenc export. */
import { basename, dirname, resolve } from 'node:path';
import { defineCommand } from '@robenc/shared/config/command.js';
import type { VariantName } from '@robenc/shared/config/manifest.js';
import { layouts } from '@robenc/shared/deploy/layouts/index.js';
import { writeLayout } from '@robenc/shared/deploy/layouts/write.js';
import { precisions } from '@robenc/shared/deploy/variants/index.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { readDistance } from '@robenc/shared/evaluation/attack-options.js';
import { exportTfjsPackage } from '@robenc/export/tfjs/export-package.js';
import { modelJsonAt } from '@robenc/export/tfjs/load.js';
import { rangeOption, readRange, readSize, tf2onnxOptions } from '@robenc/export/tfjs/options.js';
import { locateModel } from '@robenc/shared/package/locate.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { readPrivateKey } from '@robenc/shared/package/signature.js';
import { version } from '@robenc/shared/version.js';
import { claimOutputFolder } from '@robenc/shared/files.js';
import { labelledDataOptions } from '../run/labelled-data.js';
import { exportRun } from '../run/package.js';
import { stageRunPicture, stageRunVariants } from '../run/variants.js';
import { refuseForeignFlags } from './export-sources.js';

/** Relative error from tfjs that a model of other origin may have. */
const TFJS_TOLERANCE = 1e-4;

export default defineCommand({
  name: 'export',
  summary: 'write a trained encoder and its heads, or a TensorFlow.js model, as a model package',
  details:
    'Every graph is compared with the eager tfjs function on the same pixels first; a mismatch stops the export and nothing is written. ' +
    'Of a TensorFlow.js model (model.json with its shards, of layers or as a graph) a package is made as `robenc models import` makes one of an ONNX file; --via tf2onnx has it converted by Python’s tf2onnx instead of the own tracer. ' +
    '--precision adds the encoder and classifier in other number formats, each compared with float32 on test images: one that loses more clean accuracy than --max-drop stops the export. ' +
    '--layout writes the package for another runtime too; it also takes a package that is there.',
  examples: [
    'robenc export runs/quickstart',
    'robenc export runs/cifar10 --models models --name cifar10 --model-version 2 --precision float16,int8',
    'robenc export mobilenet/model.json --name mobilenet --range -1,1 --classes names.txt',
    'robenc export cifar10@2 --layout triton --out model-repository',
  ],
  arguments: {
    source: {
      description:
        'folder of a training run with a fitted head; or a TensorFlow.js model: model.json, or the folder that holds it; with --layout also a package',
    },
  },
  options: {
    models: { type: 'string', value: 'dir', default: 'models', description: 'folder of model packages' },
    name: { type: 'string', description: 'name of the package; by default that of the run, or of the folder of model.json' },
    modelVersion: { type: 'string', value: 'version', default: 'auto', description: 'version of the package; auto takes the next whole number' },
    label: { type: 'list', default: ['latest'], value: 'labels', description: 'labels to point at the new version' },
    attack: { type: 'boolean', description: 'also write PGD as one ONNX file, attack.onnx' },
    sign: { type: 'string', value: 'file', description: 'sign the manifest with this ed25519 private key (PEM)' },
    images: { type: 'number', integer: true, minimum: 1, maximum: 64, default: 2, description: 'runs: images in each comparison with tfjs' },
    picture: { type: 'boolean', default: true, description: 'runs: no picture of adversarial images in the card' },
    precision: { type: 'list', value: 'format', choices: precisions.names, description: 'runs: number formats beside float32' },
    ...labelledDataOptions,
    calibration: { type: 'number', integer: true, minimum: 1, default: 128, description: '--precision: images that ranges are measured on' },
    compare: { type: 'number', integer: true, minimum: 1, default: 256, description: '--precision: test images that formats are compared on' },
    eps: { type: 'string', value: 'radius', default: '4/255', description: '--precision and picture: radius of the adversarial images, in pixels of [0,1]' },
    maxDrop: { type: 'number', minimum: 0, maximum: 1, default: 0.01, description: '--precision: clean accuracy that a format may lose' },
    seed: { type: 'number', integer: true, minimum: 0, default: 0, description: '--precision and picture: choice of images and random starts' },
    layout: { type: 'string', choices: layouts.names, description: 'also write the package for another runtime, into --out' },
    out: { type: 'string', short: 'o', value: 'dir', description: '--layout: the folder to write' },
    force: { type: 'boolean', description: '--layout: write into --out even if it holds something' },
    via: { type: 'string', choices: ['trace', 'tf2onnx'], default: 'trace', description: 'TensorFlow.js: who converts' },
    role: { type: 'string', choices: ['classifier', 'encoder'], default: 'classifier', description: 'TensorFlow.js: what the model is' },
    mean: { type: 'list', value: 'm', description: 'TensorFlow.js: subtracted from each channel after --range: 1 or 3 numbers' },
    std: { type: 'list', value: 's', description: 'TensorFlow.js: what each channel is divided by: 1 or 3 numbers' },
    range: rangeOption,
    classes: { type: 'list', value: 'name', description: 'TensorFlow.js: class of logit 0, 1, …, or a text file with one name a line' },
    output: { type: 'string', value: 'name', description: 'TensorFlow.js: the output to take, where there are several' },
    ...tf2onnxOptions,
  },
  async run(options, context) {
    const { layout, force } = options;
    if ((layout === undefined) !== (options.out === undefined))
      throw new RobencError('usage', '--layout and --out go together: which runtime, and the folder to write.', { field: 'layout' });
    const out = options.out === undefined ? '' : resolve(context.cwd, options.out);
    const models = resolve(context.cwd, options.models);
    const written = async (folder: string, claimed = false): Promise<readonly string[]> => {
      if (layout === undefined) return [];
      const paths = writeLayout(layout, await openPackage(folder), out, { force: force || claimed });
      context.stdout(`Wrote ${paths.length} files for ${layout}: ${out}`);
      return paths;
    };
    const source = resolve(context.cwd, options.source);
    const modelJson = modelJsonAt(source);
    if (layout !== undefined && modelJson === null) {
      const located = await locateModel(options.source, { cwd: context.cwd, models, field: 'source' });
      if (located.kind === 'package') {
        refuseForeignFlags('a package', options);
        context.result({ folder: located.path, layout: { name: layout, folder: out, files: await written(located.path) } });
        return EXIT.done;
      }
    }
    const key = options.sign === undefined ? undefined : readPrivateKey(resolve(context.cwd, options.sign));
    const common = {
      models,
      createdAt: new Date().toISOString(),
      producerVersion: version,
      attack: options.attack,
      note: (line: string) => context.stderr(line),
    };
    if (modelJson === null && options.via !== 'trace')
      throw new RobencError('usage', `tf2onnx reads graph models of TensorFlow.js, and ${source} holds none. Leave --via out to export a training run.`, {
        field: 'via',
      });
    refuseForeignFlags(modelJson === null ? 'a training run' : 'a TensorFlow.js model', options);
    // Before the version appears, which stays.
    const release = layout === undefined ? () => undefined : claimOutputFolder(out, { force });
    const { manifest, folder, digest } = await (
      modelJson === null
        ? exportRun({
            ...common,
            run: source,
            name: options.name,
            version: options.modelVersion,
            images: options.images,
            labels: options.label,
            key,
            extend: async (staged) => {
              const job = {
                ...common,
                ...options,
                images: options.compare,
                epsilon: readDistance('eps', options.eps, 'linf'),
                cwd: context.cwd,
                signal: context.signal,
              };
              if (options.picture) await stageRunPicture(job, staged);
              await stageRunVariants({ ...job, precisions: options.precision as readonly VariantName[] }, staged);
            },
          })
        : exportTfjsPackage({
            conversion: {
              modelJson,
              via: options.via,
              size: readSize(options.size),
              range: readRange(options.range),
              tolerance: TFJS_TOLERANCE,
              python: options.python,
              timeoutMs: options.timeout * 1000,
              signal: context.signal,
              tell: (line) => context.stderr(line),
            },
            package: {
              ...common,
              ...options,
              models,
              name: options.name ?? basename(dirname(modelJson)),
              resize: undefined,
              publication: { version: options.modelVersion, labels: options.label, key },
            },
          })
    ).catch((cause: unknown) => {
      release();
      throw cause;
    });
    for (const { graph, against, maxRelativeError, tolerance } of manifest.parity)
      context.stdout(`${graph}: within ${maxRelativeError.toExponential(1)} of ${against} (at most ${tolerance})`);
    for (const assumption of manifest.origin.assumptions ?? []) context.stderr(`Assumed: ${assumption}`);
    context.stdout(`Wrote ${manifest.name}@${manifest.version}: ${folder}`);
    const files = await written(folder, true);
    context.result({
      folder,
      name: manifest.name,
      version: manifest.version,
      digest,
      parity: manifest.parity,
      scores: manifest.scores,
      variants: manifest.variants ?? {},
      ...(layout === undefined ? {} : { layout: { name: layout, folder: out, files } }),
    });
    return EXIT.done;
  },
});
