/** @file Small CIFAR files and tar archives, made in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is gone after the test. */
export function withFolder<T>(use: (folder: string) => Promise<T>): () => Promise<T> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'robenc-data-'));
    try {
      return await use(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** CIFAR records: record i has the label bytes `labels[i]` and pixel values that depend on i, plane and place. */
export function cifarRecords(labels: readonly (readonly number[])[]): Uint8Array {
  return Buffer.concat(
    labels.map((label, i) =>
      Buffer.concat([Buffer.from(label), Buffer.from(Array.from({ length: 3072 }, (_, j) => cifarValue(i, Math.floor(j / 1024), j % 1024)))]),
    ),
  );
}

export function cifarValue(record: number, plane: number, place: number): number {
  return (record * 31 + plane * 7 + place) % 256;
}

/** A ustar archive of regular files, with a directory entry and a comment block as real ones have. */
export function tarOf(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const blocks: Buffer[] = [header('cifar/', 0, '5'), header('comment', 5, 'g'), padded(Buffer.from('hello'))];
  for (const [name, bytes] of Object.entries(files)) blocks.push(header(name, bytes.length, '0'), padded(Buffer.from(bytes)));
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

function header(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
