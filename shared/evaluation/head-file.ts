/** @file Writing and reading linear heads. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../config/check.js';
import { HeadFile, type HeadKind } from '../config/head.js';
import { readJson } from '../config/run.js';
import { RobencError } from '../errors.js';
import { writeFileAtomic } from '../files.js';
import type { LinearHead } from './linear-head.js';

/** A head with everything that its file says. */
export interface StoredHead {
  readonly head: LinearHead;
  readonly file: HeadFile;
}

/** Where the head of each kind lies in a folder of heads. */
export function headPath(folder: string, kind: HeadKind): string {
  return join(folder, `${kind}-head.json`);
}

export function writeHead(folder: string, { head, file }: { head: LinearHead; file: Omit<HeadFile, 'weights' | 'bias' | 'size'> }): string {
  const bytes = Buffer.alloc(head.weights.length * 4);
  head.weights.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
  const whole: HeadFile = { ...file, size: head.size, bias: [...head.bias], weights: bytes.toString('base64') };
  const path = headPath(folder, file.kind);
  writeFileAtomic(path, `${JSON.stringify(check(HeadFile, whole, path), null, 2)}\n`);
  return path;
}

/** The head of that kind in a folder, or null when there is none. Throws `bad-file` when it is broken or cut off. */
export function readHead(folder: string, kind: HeadKind): StoredHead | null {
  const path = headPath(folder, kind);
  if (!existsSync(path)) return null;
  const file = check(HeadFile, readJson(path), path, { code: 'bad-file' });
  const classes = file.classes.length;
  const bytes = Buffer.from(file.weights, 'base64');
  if (file.kind !== kind || bytes.length !== 4 * file.size * classes || file.bias.length !== classes || (file.crops === null) !== (kind === 'image'))
    throw new RobencError(
      'bad-file',
      `${path} contradicts itself: ${bytes.length} bytes of weights and ${file.bias.length} biases for ${file.size} x ${classes} of a head of kind "${file.kind}". Fit the head again.`,
      { field: path },
    );
  const weights = Float32Array.from({ length: file.size * classes }, (_, i) => bytes.readFloatLE(4 * i));
  return { head: { size: file.size, classes, weights, bias: Float32Array.from(file.bias) }, file };
}
