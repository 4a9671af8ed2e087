/** @file Named tensors, on the host and on the backend, and the way between them. */
import * as tf from '@tensorflow/tfjs';

/** A float32 tensor whose elements lie in ordinary memory, row-major. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Host tensors by name; the order of the names is the order of the layers. */
export type Parameters = Record<string, HostTensor>;

/** Backend (or traced) tensors by name. */
export type Tensors = Record<string, tf.Tensor>;

/** Backend tensors with the elements of host tensors; the caller disposes of them. */
export function toBackend(parameters: Readonly<Parameters>): Tensors {
  return mapValues(parameters, ({ shape, data }) => tf.tensor(data, [...shape], 'float32'));
}

/** Host copies of backend tensors. */
export async function toHost(tensors: Readonly<Tensors>): Promise<Parameters> {
  const entries = await Promise.all(
    Object.entries(tensors).map(async ([name, tensor]) => [name, { shape: [...tensor.shape], data: Float32Array.from(await tensor.data()) }] as const),
  );
  return Object.fromEntries(entries);
}

/** The same names with other values. */
export function mapValues<A, B>(record: Readonly<Record<string, A>>, convert: (value: A, name: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, convert(value, name)]));
}

/** The same values under the names `group/…`. */
export function asGroup<T>(group: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}/${name}`, value]));
}

/** The values that are named `group/…`, under what follows; the others are left out. */
export function ofGroup<T>(group: string, values: Readonly<Record<string, T>>): Record<string, T> {
  const start = `${group}/`;
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (name.startsWith(start) ? [[name.slice(start.length), value]] : [])));
}
