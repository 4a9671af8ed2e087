/** @file What `robenc embed` and `robenc classify` share: their options, opening the model, and writing rows. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandContext } from '@robenc/shared/config/command.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { locateModel, MODEL_ARGUMENT, modelsOption, notAModel } from '@robenc/shared/package/locate.js';
import { openPackage } from '@robenc/shared/package/open.js';
import type { ServedModel } from '../engine/model.js';
import { modelOfFile, modelOfPackage, type RunOptions } from '../engine/open-model.js';
import type { CropRequest } from '../images/recipe.js';
import { AtomicFile } from './atomic-file.js';
import type { Row, Shape, Target } from './formats/format.js';
import { chooseFormat, formats } from './formats/index.js';
import { imagePaths } from './image-paths.js';
import { defaultWorkers, runBatch, type BatchJob } from './run-batch.js';

export const batchArguments = {
  model: { description: MODEL_ARGUMENT },
  images: { description: 'image files, or folders of them', variadic: true },
} as const;

export const batchOptions = {
  models: modelsOption,
  output: { type: 'string', short: 'o', value: 'file', description: 'write here instead of to stdout' },
  format: { type: 'string', choices: formats.names, description: 'output format; by the ending of the output file, else jsonl' },
  force: { type: 'boolean', description: 'overwrite the output file' },
  batch: { type: 'number', default: 32, integer: true, minimum: 1, maximum: 4096, description: 'images in work at once' },
  workers: {
    type: 'number',
    integer: true,
    minimum: 1,
    maximum: 256,
    description: 'batches that are computed at the same time; one less than there are cores',
  },
  device: { type: 'string', choices: ['auto', 'cpu', 'cuda', 'webgpu'], default: 'auto', description: 'where the model runs' },
} as const;

export interface BatchOptions {
  readonly model: string;
  readonly images: readonly string[];
  readonly models: string;
  readonly output: string | undefined;
  readonly format: string | undefined;
  readonly force: boolean;
  readonly batch: number;
  readonly workers: number | undefined;
  readonly device: 'auto' | 'cpu' | 'cuda' | 'webgpu';
}

/** What one of the commands does with images. */
export interface BatchWork<T> {
  /** What a lone ONNX file is taken for. */
  readonly role: 'encoder' | 'classifier';
  crops(model: ServedModel): CropRequest | null;
  compute(model: ServedModel): BatchJob<T>['compute'];
  /** Known from the first result. */
  shape(model: ServedModel, first: T): Shape;
  row(model: ServedModel, result: T): Omit<Row, 'file'>;
}

/** Runs the work on every image and writes the rows. Exit code 4 when some images could not be read; throws when none could. */
export async function runBatchCommand<T>(options: BatchOptions, context: CommandContext, work: BatchWork<T>): Promise<number> {
  const output = options.output === undefined ? null : resolve(context.cwd, options.output);
  const format = chooseFormat(options.format, options.output);
  if (output === null && !format.streams)
    throw new RobencError('usage', `The format ${format.name} needs a file. Name one with --output.`, { field: 'output' });
  if (output === null && context.json)
    throw new RobencError('usage', 'With --json stdout holds one summary object. Name a file for the rows with --output.', { field: 'output' });
  if (output !== null && !options.force && existsSync(output))
    throw new RobencError('usage', `${output} is there already. Choose another file, or pass --force to overwrite it.`, { field: 'output' });
  const files = imagePaths(options.images, context.cwd);
  const workers = options.workers ?? defaultWorkers(options.device);
  const model = await openModel(options, context, work.role, { workers, device: options.device });
  try {
    const crops = work.crops(model);
    const file = output === null ? null : new AtomicFile(output);
    try {
      const target: Target = file ?? { write: (data) => context.stdout(String(data).replace(/\n$/, '')), writeAtStart: () => undefined };
      const names: string[] = [];
      let writer: ReturnType<typeof format.open> | null = null;
      let failed = 0;
      await runBatch<T>({
        model,
        files,
        crops,
        batch: options.batch,
        workers,
        signal: context.signal,
        compute: work.compute(model),
        onResult({ name }, result) {
          writer ??= format.open(target, work.shape(model, result));
          writer.row({ file: name, ...work.row(model, result) });
          names.push(name);
          if (file !== null) context.progress({ label: 'images', done: names.length + failed, total: files.length });
        },
        onFailure({ name }, message) {
          failed += 1;
          context.stderr(`${name}: ${message}`);
        },
      });
      if (names.length === 0) throw new RobencError('bad-input', `None of the ${files.length} images could be read.`, { field: 'images' });
      (writer as ReturnType<typeof format.open> | null)?.end();
      file?.commit();
      // An array has no room for names.
      const list = output !== null && !format.streams ? `${output}.files.txt` : null;
      if (list !== null) writeFileAtomic(list, names.map((name) => `${name}\n`).join(''));
      context.result({
        model: { name: model.name, version: model.version, digest: model.digest },
        images: names.length,
        failed,
        format: format.name,
        output,
        files: list,
      });
      if (output !== null) context.stderr(`${names.length} rows in ${output}${list === null ? '' : `, the name of each in ${list}`}`);
      if (failed > 0) context.stderr(`${failed} of ${files.length} images could not be read and are left out.`);
      return failed > 0 ? EXIT.notReliable : EXIT.done;
    } finally {
      file?.abandon();
    }
  } finally {
    await Promise.all(Object.values(model.graphs).map((graph) => graph.close()));
  }
}

async function openModel({ model, models }: BatchOptions, { cwd }: CommandContext, role: 'encoder' | 'classifier', run: RunOptions): Promise<ServedModel> {
  const { kind, path } = await locateModel(model, { cwd, models });
  if (kind === 'folder') throw notAModel(path);
  return kind === 'file' ? modelOfFile(path, role, run) : modelOfPackage(await openPackage(path), run);
}
