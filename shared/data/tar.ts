/** @file Reading a tar archive as a stream, member by member, so that a large one need not be unpacked or held in memory. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf, RobencError } from '../errors.js';

const BLOCK = 512;
const REGULAR = new Set(['0', '\0', '7']);

export interface TarMember {
  /** Path inside of the archive. */
  readonly name: string;
  readonly size: number;
  /** Its bytes. Read it before asking for the next member, or it is skipped. */
  read(): Promise<Uint8Array>;
}

/**
 * The regular files of a `.tar`, `.tar.gz` or `.tgz`, in order. Stopping early closes the file.
 * Throws `bad-file` when the archive is cut short or is no archive, `not-found` when it is not there.
 */
export async function* tarMembers(path: string): AsyncGenerator<TarMember> {
  const bytes = new ByteReader(openStream(path), path);
  try {
    while (true) {
      const header = await bytes.take(BLOCK, true);
      if (header.length === 0 || header.every((byte) => byte === 0)) return;
      const { name, size, type } = parseHeader(header, path);
      let unread = size;
      const read = async (): Promise<Uint8Array> => {
        unread = 0;
        return bytes.take(size);
      };
      if (REGULAR.has(type)) yield { name, size, read };
      await bytes.skip(unread);
      await bytes.skip((BLOCK - (size % BLOCK)) % BLOCK);
    }
  } finally {
    bytes.close();
  }
}

function openStream(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  if (path.endsWith('.tar')) return file;
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  file.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => file.destroy());
  return file.pipe(gunzip);
}

/** Name, size and type of a header block (POSIX ustar), its checksum verified. */
function parseHeader(header: Uint8Array, path: string): { name: string; size: number; type: string } {
  const text = (start: number, length: number): string => {
    const field = Buffer.from(header.subarray(start, start + length)).toString('utf8');
    const end = field.indexOf('\0');
    return end < 0 ? field : field.slice(0, end);
  };
  const octal = (start: number, length: number): number => parseInt(text(start, length).trim() || '0', 8);
  let sum = 0;
  header.forEach((byte, i) => (sum += i >= 148 && i < 156 ? 32 : byte));
  const size = octal(124, 12);
  if (sum !== octal(148, 8) || !Number.isSafeInteger(size))
    throw new RobencError('bad-file', `${path} is not a tar archive, or is damaged: a header has the wrong checksum. Download it again.`, { field: path });
  const prefix = text(257, 5) === 'ustar' ? text(345, 155) : '';
  return { name: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`, size, type: String.fromCharCode(header[156]!) };
}

/** Bytes of a stream in pieces of asked length. */
class ByteReader {
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #path: string;
  #left: Uint8Array = new Uint8Array(0);

  constructor(stream: Readable, path: string) {
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#path = path;
  }

  /** Exactly `count` bytes; none at all where the stream has ended and `mayEnd`. */
  async take(count: number, mayEnd = false): Promise<Uint8Array> {
    const result = new Uint8Array(count);
    for (let filled = 0; filled < count;) {
      if (this.#left.length === 0 && !(await this.#next())) {
        if (mayEnd && filled === 0) return new Uint8Array(0);
        throw this.#truncated();
      }
      const piece = this.#left.subarray(0, count - filled);
      result.set(piece, filled);
      filled += piece.length;
      this.#left = this.#left.subarray(piece.length);
    }
    return result;
  }

  async skip(count: number): Promise<void> {
    for (let rest = count; rest > 0;) {
      if (this.#left.length === 0 && !(await this.#next())) throw this.#truncated();
      const piece = Math.min(rest, this.#left.length);
      this.#left = this.#left.subarray(piece);
      rest -= piece;
    }
  }

  close(): void {
    this.#stream.destroy();
  }

  async #next(): Promise<boolean> {
    try {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      this.#left = next.value;
      return true;
    } catch (cause) {
      const code = (cause as { code?: string }).code ?? '';
      if (code === 'ENOENT') throw new RobencError('not-found', `${this.#path} does not exist. Give an archive with --data.`, { cause, field: 'data' });
      if (code === 'Z_BUF_ERROR') throw this.#truncated(cause);
      throw new RobencError('bad-file', `${this.#path} cannot be read: ${messageOf(cause)}. Download it again.`, { cause, field: this.#path });
    }
  }

  #truncated(cause?: unknown): RobencError {
    return new RobencError('bad-file', `${this.#path} ends too early: the archive is truncated. Download it again.`, { cause, field: this.#path });
  }
}
