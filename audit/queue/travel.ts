/** @file What travels between the machine that audits and its workers: the plan, items with their images, and results. */
import { Buffer } from 'node:buffer';
import { RobencError } from '@robenc/shared/errors.js';
import { packChunk, unpackChunk } from '../work/chunk.js';
import type { Item } from '../work/engine.js';
import type { WorkPlan } from '../work/plan.js';

/** What all items of an audit share. The classifier's bytes come by their digest. */
export interface SharedPart {
  readonly plan: WorkPlan;
  readonly classifier: string;
}

export function packShared(part: SharedPart): Uint8Array {
  return Buffer.from(JSON.stringify(part));
}

export function unpackShared(bytes: Uint8Array): SharedPart {
  return JSON.parse(Buffer.from(bytes).toString()) as SharedPart;
}

/** The length of the header, the header as JSON, the images. The same item gives the same bytes. */
export function packItem({ id, stage, rows, chunk }: Item): Uint8Array {
  const header = Buffer.from(JSON.stringify({ id, stage, rows }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header, packChunk(chunk)]);
}

/** Throws `bad-file` where the bytes were cut off. */
export function unpackItem(bytes: Uint8Array): Item {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = view.length < 4 ? Infinity : 4 + view.readUInt32LE(0);
  if (end > view.length) throw new RobencError('bad-file', `These ${view.length} bytes are not an item of an audit, or were cut off.`);
  const header = JSON.parse(view.toString('utf8', 4, end)) as Omit<Item, 'chunk'>;
  return { ...header, chunk: unpackChunk(view.subarray(end)) };
}
