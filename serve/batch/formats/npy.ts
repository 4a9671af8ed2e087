/** @file A NumPy array file, float32 [rows, width], little-endian (format 1.0 of numpy.lib.format). */
import type { OutputFormat } from './format.js';

/** Long enough for any shape, so that the number of rows can be filled in at the end; data then starts at a multiple of 64 as NumPy wants. */
const HEADER_BYTES = 128;

export const npy: OutputFormat = {
  name: 'npy',
  summary: 'a NumPy array, float32 [images, values]',
  endings: ['npy'],
  streams: false,
  open(target, { width }) {
    let rows = 0;
    target.write(npyHeader(rows, width));
    return {
      row({ vector }) {
        rows += 1;
        target.write(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
      },
      end: () => target.writeAtStart(npyHeader(rows, width)),
    };
  },
};

/** Magic, version, length of the text, and a Python dictionary padded with spaces. */
export function npyHeader(rows: number, width: number): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${width}), }`;
  const header = Buffer.alloc(HEADER_BYTES, ' ', 'latin1');
  header.set([0x93, ...Buffer.from('NUMPY'), 1, 0]);
  header.writeUInt16LE(HEADER_BYTES - 10, 8);
  header.write(text, 10, 'latin1');
  header.write('\n', HEADER_BYTES - 1, 'latin1');
  return header;
}
