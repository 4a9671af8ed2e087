/** @file What `robenc verify` compares: the graphs of a package with its run, or those of a TensorFlow.js model with tfjs and tf2onnx. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { eagerly, type Subject } from '@robenc/export/report/checks.js';
import { bothConversions, type TfjsConversionJob } from '@robenc/export/tfjs/convert-model.js';
import { loadTfjsModel, modelJsonAt } from '@robenc/export/tfjs/load.js';
import { traceTfjsModel } from '@robenc/export/tfjs/trace-model.js';
import type { GraphRole } from '@robenc/shared/config/manifest.js';
import { RobencError } from '@robenc/shared/errors.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { sha256 } from '@robenc/shared/package/digest.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { eagerFunctions } from './eager.js';
import { openTrained } from './package.js';

export interface VerificationJob extends Omit<TfjsConversionJob, 'via' | 'tolerance' | 'modelJson' | 'range'> {
  /** As the user named it. */
  readonly model: string;
  readonly models: string;
  readonly source: string | undefined;
  readonly tf2onnx: boolean;
  readonly cwd: string;
}

export interface VerificationSubjects {
  readonly subjects: readonly Subject[];
  readonly classes: number;
  readonly subject: string;
  readonly digest: string;
  readonly source: string;
}

/** Throws `usage` where it is not known what a package was made of, `mismatch` for a run that went on since. */
export function verificationSubjects(job: VerificationJob): Promise<VerificationSubjects> {
  const path = resolve(job.cwd, job.model);
  const modelJson = modelJsonAt(path);
  return modelJson === null ? ofPackage(job, path) : ofTfjs(job, modelJson);
}

async function ofPackage({ model, models, source, tf2onnx }: VerificationJob, path: string): Promise<VerificationSubjects> {
  if (tf2onnx)
    throw new RobencError('usage', `tf2onnx reads graph models of TensorFlow.js, and ${model} is none. Leave --against out, or name a model.json.`, {
      field: 'against',
    });
  const isFolder = /[\\/]/.test(model) && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const opened = await openPackage(isFolder ? path : models, isFolder ? undefined : model);
  const name = `${opened.name}@${opened.version}`;
  if (opened.manifest.origin.kind !== 'run')
    throw new RobencError(
      'usage',
      `${name} was made of ${opened.manifest.origin.file ?? 'a file'} of other origin, not of a training run. Use \`robenc models verify ${name}\`; for a TensorFlow.js model \`robenc verify model.json\`.`,
      { field: 'model' },
    );
  if (source === undefined) throw new RobencError('usage', `Name the training run that ${name} was made of with --source runs/….`, { field: 'source' });
  const { encoder, head, aggregate } = await openTrained(source);
  const functions = eagerFunctions(encoder, head.head, aggregate?.head ?? null);
  const subjects = (Object.keys(functions) as GraphRole[]).flatMap((role): Subject[] => {
    const file = opened.path(role);
    return file === null ? [] : [{ graph: role, model: file, against: 'tfjs', expected: eagerly(functions[role]!) }];
  });
  return { subjects, classes: head.head.classes, subject: name, digest: opened.digest, source: `training run ${encoder.plan.run.name}` };
}

async function ofTfjs(job: VerificationJob, modelJson: string): Promise<VerificationSubjects> {
  const about = { classes: 2, subject: job.model, digest: sha256(readFileSync(modelJson)), source: 'the same file' };
  if (!job.tf2onnx) {
    const { graph, fn } = traceTfjsModel(await loadTfjsModel(modelJson), { size: job.size, nchw: false });
    return { ...about, subjects: [{ graph: 'trace', model: toOnnx(graph), against: 'tfjs', expected: eagerly(fn) }] };
  }
  const { graph, fn, tf2onnx } = await bothConversions({ ...job, modelJson });
  const own = toOnnx(graph);
  return {
    ...about,
    subjects: [
      { graph: 'trace', model: own, against: 'tfjs', expected: eagerly(fn) },
      { graph: 'tf2onnx', model: tf2onnx, against: 'tfjs', expected: eagerly(fn) },
      { graph: 'tf2onnx', model: tf2onnx, against: 'trace', expected: (feeds) => withSession(own, (session) => session.run(feeds)) },
    ],
  };
}

async function withSession<T>(model: Uint8Array, work: (session: Awaited<ReturnType<typeof openSession>>) => Promise<T>): Promise<T> {
  const session = await openSession(model, { device: 'cpu' });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
