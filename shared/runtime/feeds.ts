/** @file Checks what is fed to a model before ONNX Runtime sees it, so that a mistake is answered with names, types and shapes. */
import { RobencError } from '../errors.js';
import type { TensorData } from '../graph/value.js';
import { ARRAYS } from '../proto/dtypes.js';
import type { PortInfo, Tensors } from './types.js';

/** `float32 [batch,3,32,32]` */
export function describePort({ dtype, shape }: { readonly dtype: string; readonly shape: readonly (number | string)[] }): string {
  return `${dtype} [${shape.join(',')}]`;
}

/** Throws `bad-input` (field: the input's name) when a feed is missing, unknown, of another type or of a shape that does not fit. */
export function checkFeeds(inputs: readonly PortInfo[], feeds: Tensors, model: string): void {
  const names = inputs.map((input) => input.name);
  if (typeof feeds !== 'object' || feeds === null)
    throw new RobencError('bad-input', `${model} is fed by name: { ${names.join(', ')} }; got ${nameOf(feeds)}.`);
  for (const name of Object.keys(feeds))
    if (!names.includes(name)) throw new RobencError('bad-input', `${model} has no input "${name}". There are: ${names.join(', ')}.`, { field: name });
  const symbols = new Map<string, { readonly size: number; readonly input: string }>();
  for (const input of inputs) {
    const feed = feeds[input.name];
    if (feed === undefined) throw new RobencError('bad-input', `${input.name}: missing; ${model} expects ${describePort(input)}.`, { field: input.name });
    checkTensor(input, feed);
    for (const [axis, dim] of input.shape.entries()) {
      const size = feed.shape[axis]!;
      if (typeof dim === 'number' || dim === '') continue;
      const earlier = symbols.get(dim);
      if (earlier === undefined) symbols.set(dim, { size, input: input.name });
      else if (earlier.size !== size)
        throw new RobencError('bad-input', `${input.name}: ${dim} is ${size} here and ${earlier.size} in "${earlier.input}"; they must be equal.`, {
          field: input.name,
        });
    }
  }
}

function checkTensor(input: PortInfo, feed: TensorData): void {
  if (!isTensor(feed))
    throw new RobencError('bad-input', `${input.name}: expected a tensor { dtype, shape, data } of ${describePort(input)}, got ${nameOf(feed)}.`, {
      field: input.name,
    });
  // ONNX Runtime shows a tensor of unknown rank as one of rank 0, so there it is left to the runtime to judge.
  const shapeFits =
    input.shape.length === 0 ||
    (feed.shape.length === input.shape.length && input.shape.every((dim, axis) => typeof dim === 'string' || dim === feed.shape[axis]));
  const fits = feed.dtype === input.dtype && shapeFits;
  if (!fits)
    throw new RobencError(
      'bad-input',
      `${input.name}: expected ${describePort(input)}, got ${feed.dtype === input.dtype ? `[${feed.shape.join(',')}]` : describePort(feed)}.`,
      {
        field: input.name,
      },
    );
  const size = feed.shape.reduce((product, dim) => product * dim, 1);
  if (!(feed.data instanceof ARRAYS[feed.dtype]) || feed.data.length !== size)
    throw new RobencError(
      'bad-input',
      `${input.name}: ${describePort(feed)} needs a ${ARRAYS[feed.dtype].name} of ${size} elements, got a ${feed.data.constructor.name} of ${feed.data.length}.`,
      { field: input.name },
    );
}

function isTensor(feed: unknown): feed is TensorData {
  const { dtype, shape, data } = (feed ?? {}) as Partial<TensorData>;
  return typeof dtype === 'string' && dtype in ARRAYS && Array.isArray(shape) && ArrayBuffer.isView(data);
}

function nameOf(feed: unknown): string {
  return feed === null || typeof feed !== 'object' ? String(feed) : `a ${feed.constructor?.name ?? 'thing'}`;
}

/** The outputs to compute, all unless named. Throws `usage` for a name that the model does not have. */
export function checkOutputs(ports: readonly PortInfo[], outputs: readonly string[] | undefined, model: string): readonly string[] {
  const names = ports.map((port) => port.name);
  for (const name of outputs ?? [])
    if (!names.includes(name)) throw new RobencError('usage', `${model} has no output "${name}". There are: ${names.join(', ')}.`, { field: name });
  if (outputs?.length === 0) throw new RobencError('usage', `No output of ${model} is asked for. There are: ${names.join(', ')}.`);
  return outputs ?? names;
}
