/** @file Mutations of models: of bytes, which mostly break the format, and of the messages in it, which mostly break what they mean. */
import { decodeModel } from '@robenc/shared/proto/decode.js';
import { encodeModel } from '@robenc/shared/proto/encode.js';

/** One change, of a kind, at a place between 0 and 1, with a number that kinds use as they like. */
export interface Mutation {
  readonly kind: number;
  readonly at: number;
  readonly value: number;
}

/** The bytes after changes of single bytes, runs of bytes, and the end. */
export function mutateBytes(seed: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  return mutations.reduce((bytes, { kind, at, value }) => {
    const place = Math.floor(at * bytes.length);
    const length = value % 16;
    const [before, after] = [bytes.subarray(0, place), bytes.subarray(Math.min(place + length, bytes.length))];
    const run = bytes.subarray(place, place + length);
    switch (kind % 6) {
      case 0:
        return Uint8Array.from(bytes, (byte, i) => (i === place ? byte ^ (1 << (value % 8)) : byte));
      case 1:
        return Uint8Array.from(bytes, (byte, i) => (i === place ? [0, 1, 0x7f, 0x80, 0xff, value & 0xff][value % 6]! : byte));
      case 2:
        return Buffer.concat([before, after]);
      case 3:
        return Buffer.concat([before, run, run, after]);
      case 4:
        return Buffer.concat([before, Uint8Array.from({ length }, (_, i) => (value >> (i % 24)) & 0xff), bytes.subarray(place)]);
      default:
        return bytes.subarray(0, place);
    }
  }, seed);
}

/** A place in a tree of messages: `holder[key]`. */
interface Place {
  readonly holder: Record<string | number, unknown>;
  readonly key: string | number;
}

/** Sizes, counts and enums that are near or beyond some end. */
const NUMBERS = [0, 1, -1, 2, 3, 7, 16, 64, 255, -2, 1000, 65_536, 2 ** 31 - 1, -(2 ** 31)];

/** The bytes of the model after changes of its fields: names exchanged, lists cut, doubled or turned round, numbers put to extremes, parts moved elsewhere. */
export function mutateMessages(seed: Uint8Array, mutations: readonly Mutation[]): Uint8Array | null {
  const model = thawed(decodeModel(seed, 'seed')) as Record<string, unknown>;
  for (const mutation of mutations) {
    const places = placesIn(model);
    change(places, places[Math.floor(mutation.at * places.length)]!, mutation);
  }
  try {
    return encodeModel(model);
  } catch {
    // Values of another kind than a field's have no bytes.
    return null;
  }
}

function change(places: readonly Place[], { holder, key }: Place, { kind, value }: Mutation): void {
  const now = holder[key];
  const number = NUMBERS[value % NUMBERS.length]!;
  if (Array.isArray(now)) {
    const at = value % Math.max(1, now.length);
    if (kind % 4 === 0) now.splice(at, 1);
    else if (kind % 4 === 1 && now.length > 0) now.splice(at, 0, structuredClone(now[value % now.length]));
    else if (kind % 4 === 2) now.reverse();
    else now.length = 0;
  } else if (typeof now === 'string') {
    const texts = places.map((place) => place.holder[place.key]).filter((text) => typeof text === 'string');
    holder[key] = kind % 5 === 0 ? '' : kind % 5 === 1 ? `${now}_` : texts[value % texts.length]!;
  } else if (typeof now === 'number') holder[key] = kind % 3 === 0 ? now + 1 : kind % 3 === 1 ? number : Math.trunc(now) - 1;
  else if (typeof now === 'bigint') holder[key] = BigInt(number);
  else if (ArrayBuffer.isView(now)) {
    const list = now as Float32Array | BigInt64Array;
    if (kind % 2 === 0) holder[key] = list.slice(0, value % (list.length + 1));
    else if (list.length > 0) list[value % list.length] = list instanceof BigInt64Array || list instanceof BigUint64Array ? BigInt(number) : number;
  } else if (now !== null && typeof now === 'object') {
    // A message: left out, or replaced by another of the tree.
    const others = places.map((place) => place.holder[place.key]).filter((other) => other !== null && typeof other === 'object' && !ArrayBuffer.isView(other));
    holder[key] = kind % 2 === 0 ? undefined : structuredClone(others[value % others.length]);
    if (kind % 2 === 0 && Array.isArray(holder)) holder.splice(Number(key), 1);
  }
}

function placesIn(holder: object): Place[] {
  if (ArrayBuffer.isView(holder)) return [];
  return Object.entries(holder).flatMap(([key, value]) => {
    const own = { holder: holder as Record<string, unknown>, key: Array.isArray(holder) ? Number(key) : key };
    if (value === undefined) return [];
    return typeof value === 'object' && value !== null ? [own, ...placesIn(value as object)] : [own];
  });
}

/** A copy in which everything can be changed; bytes of the file are views into it, and would share memory. */
function thawed(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return (value as Uint8Array).slice();
  if (Array.isArray(value)) return value.map(thawed);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, thawed(one)]));
  return value;
}
