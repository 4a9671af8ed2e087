/** @file The tracing backend of tfjs: keeps traced tensors and constants, and refuses to read what is not known before the run. */
import * as tf from '@tensorflow/tfjs';
import { RobencError } from '@robenc/shared/errors.js';
import { ARRAY_OF, sizeOf, type Dim } from '@robenc/shared/graph/value.js';
import type { TraceContext } from './context.js';
import { readerOf } from './reader.js';
import { traced, uniform, type Traced } from './traced.js';

type Elements = Float32Array | Int32Array | Uint8Array;

/** A constant on the host: its elements, or the one number that all of them are. */
interface Constant {
  readonly elements: Elements | number;
  /** With symbolic sizes where it was made inside the function. */
  readonly shape: readonly Dim[];
  /** Sizes on their way to a reshape may follow the batch: they are compared between the runs only when they enter the graph. */
  readonly late?: boolean;
}

interface Entry {
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
  references: number;
  /** The kernel that made it, for messages. */
  readonly maker: string;
  readonly content: { readonly traced: Traced; readonly context: TraceContext } | Constant;
}

export class TracingBackend extends tf.KernelBackend {
  readonly #data = new tf.DataStorage<Entry>(this, tf.engine());
  readonly #contexts: TraceContext[] = [];
  readonly #constants = new WeakMap<Entry, { readonly context: TraceContext; readonly traced: Traced }>();

  /** The innermost trace under way. Throws outside of traces. */
  get context(): TraceContext {
    const context = this.#contexts.at(-1);
    if (!context) throw new RobencError('usage', 'The tracing backend computes nothing by itself: call trace(), which turns it on and off.');
    return context;
  }

  /** Runs `body` with nodes going to `context`. */
  within<T>(context: TraceContext, body: () => T): T {
    this.#contexts.push(context);
    try {
      return body();
    } finally {
      this.#contexts.pop();
    }
  }

  /** A new tensor of the graph, as tfjs's kernels answer it. */
  register(t: Traced, maker: string): tf.TensorInfo {
    const { context } = this;
    const dataId = {};
    const shape = context.numbersOf(t.shape);
    const dtype = t.value.type.dtype as tf.DataType;
    this.#data.set(dataId, { dtype, shape, references: 1, maker, content: { traced: t, context } });
    return { dataId, shape, dtype };
  }

  /** What a tensor is in the graph; constants enter the graph here, on first use. */
  tracedOf({ dataId, shape }: tf.TensorInfo): Traced {
    if (!this.#data.has(dataId) && !tf.engine().state.tensorInfo.has(dataId))
      throw new RobencError('usage', `A tensor ([${shape.join(',')}]) is used after it was disposed of. Return it from tf.tidy, or do not dispose of it.`);
    const entry = this.#data.get(dataId);
    const { content } = entry;
    if ('context' in content) {
      if (content.context !== this.context)
        throw new RobencError('usage', `A tensor of another trace (${entry.maker}, [${shape.join(',')}]) is used. Pass it as an input of this one.`);
      return content.traced;
    }
    const known = this.#constants.get(entry);
    if (known?.context === this.context) return known.traced;
    if (content.late) this.context.free.step('a constant', { elements: content.elements });
    const made = this.#constant(content, entry.dtype);
    this.#constants.set(entry, { context: this.context, traced: made });
    return made;
  }

  #constant({ elements, shape }: Constant, dtype: tf.DataType): Traced {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
      throw new RobencError('unsupported', `A constant of type ${dtype} cannot be traced. Use float32, int32 or bool.`);
    const { g } = this.context;
    if (typeof elements === 'number') return uniform(g.constant({ dtype, shape: [], data: ARRAY_OF[dtype].of(elements) }), shape);
    return traced(g.constant({ dtype, shape: shape as readonly number[], data: elements }));
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    const elements = compact(values as Elements);
    // Inside of a trace the function makes this constant at each batch size: its shape may follow the batch, its elements may not (so not as a number).
    const late = isSizes(shape, dtype);
    const compared = late ? {} : { elements: typeof elements === 'number' ? String(elements) : elements };
    const own = this.#contexts.at(-1)?.free.step('a constant', { dtype, ...compared, shape });
    const content = own ? { elements, shape: own.shape, late } : { elements, shape };
    this.#data.set(dataId, { dtype, shape, references: 1, maker: 'a constant', content });
    return dataId;
  }

  /** Whether these are whole numbers that are known now, such as sizes: kernels on them are computed at once. */
  areSizes(inputs: readonly tf.TensorInfo[]): boolean {
    // A weight that lies on another backend moves here when it is asked for.
    const isKnown = (dataId: object): boolean =>
      (this.#data.has(dataId) || tf.engine().state.tensorInfo.has(dataId)) && !('context' in this.#data.get(dataId).content);
    return inputs.length > 0 && inputs.every(({ dataId, shape, dtype }) => isSizes(shape, dtype) && isKnown(dataId));
  }

  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType, references: number): void {
    this.#data.set(dataId, { dtype, shape, references, maker: 'a constant', content: { elements: compact(values as Elements), shape } });
  }

  override readSync(dataId: object): tf.BackendValues {
    return this.#read(dataId, 'dataSync');
  }

  override read(dataId: object): Promise<tf.BackendValues> {
    return Promise.resolve(this.#read(dataId, 'data'));
  }

  #read(dataId: object, fallback: string): tf.BackendValues {
    const entry = this.#data.get(dataId);
    const { content } = entry;
    if ('context' in content) {
      const { call, place } = readerOf(fallback);
      throw new RobencError(
        'unsupported',
        `${call}() reads the values of a tensor ([${entry.shape.join(',')}] ${entry.dtype}, made by ${entry.maker}) while its function is traced${place ? `, at ${place}` : ''}: ` +
          'they are known only when the graph runs. Compute with tensors instead (tf.where, tf.maximum, a mask), or pass the number in as configuration.',
      );
    }
    if (typeof content.elements !== 'number') return content.elements;
    return ARRAY_OF[entry.dtype as 'float32' | 'int32' | 'bool'].from(new Array<number>(sizeOf(entry.shape)).fill(content.elements));
  }

  override numDataIds(): number {
    return this.#data.numDataIds();
  }

  override refCount(dataId: object): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).references : 0;
  }

  override incRef(dataId: object): void {
    this.#data.get(dataId).references++;
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.#data.has(dataId)) return true;
    const entry = this.#data.get(dataId);
    entry.references--;
    if (!force && entry.references > 0) return false;
    this.#data.delete(dataId);
    return true;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.#contexts.length = 0;
  }
}

/** Equal elements are kept as one number: ones and zeros of the shape of an activation would make a graph of many megabytes. */
function compact(values: Elements): Elements | number {
  const first = values[0];
  if (typeof first !== 'number') return values;
  return values.every((value) => Object.is(value, first)) ? first : values;
}

/** A list of sizes has as many elements as a tensor has axes. */
const MOST_SIZES = 16;

function isSizes(shape: readonly number[], dtype: tf.DataType): boolean {
  return dtype === 'int32' && shape.length <= 1 && sizeOf(shape) <= MOST_SIZES;
}
