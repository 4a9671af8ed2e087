/** @file The official binary layout of CIFAR: records of label bytes and 3072 pixel bytes, in files, gzipped files or a tar archive. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { messageOf, RobencError } from '../errors.js';
import { sharedBytes, type ImageSet, type Split } from './image-set.js';
import { tarMembers } from './tar.js';

const SIDE = 32;
const AREA = SIDE * SIDE;
const IMAGE_BYTES = 3 * AREA;

export interface CifarLayout {
  readonly name: string;
  /** The files of each split, by base name without `.gz`. */
  readonly files: Readonly<Record<Split, RegExp>>;
  /** Label bytes before the pixels, and which of them is the class. */
  readonly labelBytes: number;
  readonly labelAt: number;
  /** Text file with one class name a line, and the names where it is missing. */
  readonly namesFile: RegExp;
  readonly classes: readonly string[];
}

/** Whether a file belongs to the layout. */
export function isCifarFile(layout: CifarLayout, path: string): boolean {
  const name = plainName(path);
  return layout.files.train.test(name) || layout.files.test.test(name);
}

/** Whether a path is taken for an archive rather than a folder. */
export function isArchive(path: string): boolean {
  return /\.(tar|tar\.gz|tgz)$/.test(path);
}

/** The folder that holds the batches: the given one, or the only one in it that does (`cifar-10-batches-bin` in a download folder). Null when there is none. */
export function cifarFolder(layout: CifarLayout, path: string): string | null {
  if (readdirSync(path).some((file) => isCifarFile(layout, file))) return path;
  const inner = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name))
    .filter((folder) => readdirSync(folder).some((file) => isCifarFile(layout, file)));
  return inner.length === 1 ? inner[0]! : null;
}

/** One split of a CIFAR folder or archive. Throws `not-found` when it has no file of that split, `bad-file` when one is broken. */
export async function readCifar(layout: CifarLayout, path: string, split: Split): Promise<ImageSet> {
  const files = isArchive(path) ? await archiveFiles(layout, path, split) : folderFiles(layout, path, split);
  const batches = [...files.entries()].filter(([name]) => layout.files[split].test(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  if (batches.length === 0)
    throw new RobencError(
      'not-found',
      `${path} has no ${split} part of ${layout.name} (a file like ${example(layout, split)}). Choose another folder with --data.`,
      {
        field: 'data',
      },
    );
  const names = [...files.entries()].find(([name]) => layout.namesFile.test(name));
  const lines = names === undefined ? [] : Buffer.from(names[1]).toString('utf8').split(/\r?\n/);
  const given = lines.map((line) => line.trim()).filter((line) => line !== '');
  const classes = given.length === layout.classes.length ? given : layout.classes;
  return { name: layout.name, classes, height: SIDE, width: SIDE, ...parseRecords(layout, batches, classes.length) };
}

function folderFiles(layout: CifarLayout, path: string, split: Split): Map<string, Uint8Array> {
  const folder = cifarFolder(layout, path) ?? path;
  const wanted = readdirSync(folder).filter((file) => isWanted(layout, split, file) && statSync(join(folder, file)).isFile());
  return new Map(wanted.map((file) => [plainName(file), unzipped(join(folder, file), readFileSync(join(folder, file)))]));
}

async function archiveFiles(layout: CifarLayout, path: string, split: Split): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const member of tarMembers(path))
    if (isWanted(layout, split, member.name)) files.set(plainName(member.name), unzipped(`${path}: ${member.name}`, await member.read()));
  return files;
}

function isWanted(layout: CifarLayout, split: Split, path: string): boolean {
  return layout.files[split].test(plainName(path)) || layout.namesFile.test(plainName(path));
}

function plainName(path: string): string {
  return basename(path).replace(/\.gz$/, '');
}

function unzipped(path: string, bytes: Uint8Array): Uint8Array {
  if (!path.endsWith('.gz')) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new RobencError('bad-file', `${path} cannot be unpacked: ${messageOf(cause)}. It is truncated or damaged; download it again.`, {
      cause,
      field: path,
    });
  }
}

/** Records to pixels [count,32,32,3] and labels; the planes of a record are interleaved on the way. */
function parseRecords(layout: CifarLayout, batches: readonly (readonly [string, Uint8Array])[], classes: number) {
  const record = layout.labelBytes + IMAGE_BYTES;
  for (const [name, bytes] of batches)
    if (bytes.length === 0 || bytes.length % record !== 0)
      throw new RobencError(
        'bad-file',
        `${name} has ${bytes.length} bytes, which is not a whole number of ${record}-byte records: it is truncated or of another format.`,
        {
          field: name,
        },
      );
  const count = batches.reduce((sum, [, bytes]) => sum + bytes.length / record, 0);
  const pixels = sharedBytes(count * IMAGE_BYTES);
  const labels = new Int32Array(count);
  let index = 0;
  for (const [name, bytes] of batches)
    for (let start = 0; start < bytes.length; start += record, index++) {
      const label = bytes[start + layout.labelAt]!;
      if (label >= classes)
        throw new RobencError(
          'bad-file',
          `${name} has the label ${label} in record ${start / record}, and ${layout.name} has ${classes} classes: it is damaged.`,
          {
            field: name,
          },
        );
      labels[index] = label;
      const source = start + layout.labelBytes;
      for (let i = 0, target = index * IMAGE_BYTES; i < AREA; i++, target += 3)
        for (let channel = 0; channel < 3; channel++) pixels[target + channel] = bytes[source + channel * AREA + i]!;
    }
  return { count, pixels, labels };
}

function example(layout: CifarLayout, split: Split): string {
  return layout.files[split].source.replaceAll(/[\^$\\]/g, '').replace('[1-5]', '1');
}
