/** @file The one file of weights that all graphs of a package share: equal bytes are stored once. */
import type { ExternalPlace } from '../graph/to-onnx.js';
import { sha256 } from './digest.js';

/** Smaller constants stay in the graphs: a reference takes about as much room. */
const SMALLEST = 512;
/** Vector units read aligned memory fastest, and files are mapped into memory as they are. */
const ALIGNMENT = 64;

export class WeightStore {
  readonly #location: string;
  readonly #places = new Map<string, ExternalPlace>();
  readonly #chunks: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #end = 0;

  /** `location` is the name of the file, beside the graphs. */
  constructor(location: string) {
    this.#location = location;
  }

  /** Where these bytes lie; null for a constant that is better kept in its graph. */
  readonly place = (bytes: Uint8Array): ExternalPlace | null => {
    if (bytes.byteLength < SMALLEST) return null;
    const key = sha256(bytes);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const offset = Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT;
    const place = { location: this.#location, offset, length: bytes.byteLength };
    this.#places.set(key, place);
    this.#chunks.push({ offset, bytes });
    this.#end = offset + bytes.byteLength;
    return place;
  };

  /** The content of the file; null where nothing was placed. */
  bytes(): Uint8Array | null {
    if (this.#end === 0) return null;
    const all = new Uint8Array(this.#end);
    for (const { offset, bytes } of this.#chunks) all.set(bytes, offset);
    return all;
  }
}
