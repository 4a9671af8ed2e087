/** @file Builds graphs node by node: infers types, shares equal nodes, and drops nodes that do nothing. */
import { messageOf, RobencError } from '../errors.js';
import { evaluate } from './constants/evaluate.js';
import { numberToHalf } from '../math/float16.js';
import { checkShape, divide, elements, isFixed, sameShape } from './dim.js';
import { attempt, Context, LONGEST_LIST, SMALL } from './inference.js';
import { exact, keyOf } from './node-key.js';
import type { OpDef, Operators } from './operator.js';
import { simplify } from './simplify.js';
import { describeType, integers, isFloat, numbersOf, sizeOf } from './value.js';
import type { Attrs, DType, Dim, Graph, GraphOutput, Node, Shape, TensorData, Type, Value } from './value.js';

export interface NodeOptions {
  readonly domain?: string;
  readonly outputs?: number;
  readonly name?: string;
  /** Names of the outputs, where a name matters (unique ones are made otherwise). */
  readonly outputNames?: readonly string[];
}

/** Nodes of constants are computed at once where all that they read and make has at most this many elements. */
const FOLDED = 4096;

/** A node of an operator that robenc does not know, with the types of its results. */
export interface OpaqueNode extends NodeOptions {
  readonly op: string;
  readonly domain: string;
  /** Of the operator set that it comes from. */
  readonly version: number;
}

/** So many elements of long integer results are followed in one graph: a short file could ask for long lists again and again. */
const MOST_LISTED = 2 ** 20;
/** Longer names are cut: they would be copied for every node that is made of one in the file. */
const LONGEST_NAME = 256;

export class GraphBuilder {
  readonly #operators: Operators;
  readonly #inputs: Value[] = [];
  readonly #outputs: GraphOutput[] = [];
  readonly #outputNames = new Set<string>();
  readonly #nodes: Node[] = [];
  readonly #names = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #shared = new Map<string, readonly Value[]>();
  /** Elements of long lists that may still be followed. */
  #listed = MOST_LISTED;
  #nextId = 0;

  constructor(operators: Operators) {
    this.#operators = operators;
  }

  /** All nodes so far, in topological order. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  get operators(): Operators {
    return this.#operators;
  }

  input(name: string, dtype: DType, shape: Shape): Value {
    try {
      checkShape(shape);
    } catch (cause) {
      throw new RobencError('bad-file', `The input "${name}" cannot be read: ${messageOf(cause)}.`, { cause });
    }
    const value = this.#value(name, { dtype, shape }, null, null, null);
    this.#inputs.push(value);
    return value;
  }

  output(name: string, value: Value): void {
    if (this.#outputNames.has(name)) throw new RobencError('bad-input', `Two graph outputs are named "${name}". Rename one.`);
    this.#outputNames.add(name);
    this.#outputs.push({ name, value });
  }

  constant(tensor: TensorData, name?: string): Value {
    const small = sizeOf(tensor.shape) <= SMALL;
    const key = small && name === undefined ? `const|${tensor.stored ?? tensor.dtype}|${tensor.shape.join()}|${numbersOf(tensor).map(exact).join()}` : null;
    const shared = key === null ? undefined : this.#shared.get(key);
    if (shared) return shared[0]!;
    const whole = small && !isFloat(tensor.dtype) && tensor.shape.length <= 1;
    const value = this.#value(name ?? 'const', { dtype: tensor.dtype, shape: tensor.shape }, null, tensor, whole ? numbersOf(tensor) : null);
    if (key !== null) this.#shared.set(key, [value]);
    return value;
  }

  /** A constant that stays one by itself, under its name: what a model has learnt. */
  parameter(tensor: TensorData, name: string): Value {
    const value = this.constant(tensor, name);
    return isFloat(tensor.dtype) ? Object.assign(value, { parameter: true }) : value;
  }

  /** A constant of shape []. */
  scalar(value: number, dtype: DType = 'float32'): Value {
    if (dtype === 'float32') return this.constant({ dtype, shape: [], data: Float32Array.of(value) });
    if (dtype === 'float64') return this.constant({ dtype, shape: [], data: Float64Array.of(value) });
    if (dtype === 'int64') return this.constant({ dtype, shape: [], data: BigInt64Array.of(BigInt(value)) });
    if (dtype === 'float16') return this.constant({ dtype, shape: [], data: Uint16Array.of(numberToHalf(value)) });
    return this.node('Cast', [this.scalar(value)], { to: dtype });
  }

  /** An int64 list. */
  ints(values: readonly number[]): Value {
    return this.constant(integers(values));
  }

  /** Adds a node with one output of interest. */
  node(op: string, inputs: readonly (Value | null)[], attrs: Attrs = {}, options: NodeOptions = {}): Value {
    return this.nodeOutputs(op, inputs, attrs, options)[0]!;
  }

  /** Adds a node and gives all its outputs. Equal nodes are made once; nodes that would do nothing are not made. */
  nodeOutputs(op: string, inputs: readonly (Value | null)[], attrs: Attrs = {}, options: NodeOptions = {}): readonly Value[] {
    const domain = options.domain ?? '';
    const count = options.outputs ?? 1;
    const definition = this.#operators.find(op, domain);
    if (!definition)
      throw new RobencError(
        'unsupported',
        `Operator ${domain ? `${domain}.` : ''}${op}${options.name ? ` (node "${options.name}")` : ''} is not known to robenc.`,
      );
    const key = definition.stochastic ? null : keyOf(op, domain, inputs, attrs, count);
    const shared = key === null ? undefined : this.#shared.get(key);
    if (shared) return shared;
    const context = new Context(op, inputs, attrs, count);
    const { types, known } = this.#infer(definition, context, options.name);
    let outputs: readonly Value[];
    if (known !== null && count === 1 && known.every((dim) => typeof dim === 'number') && types[0]!.shape.length <= 1 && types[0]!.dtype === 'int64') {
      outputs = [this.constant(integers(known, types[0]!.shape.length === 0 ? [] : [known.length]))];
    } else {
      const same = count === 1 && domain === '' ? (this.#folded(definition, inputs, attrs, types[0]!) ?? simplify(this, op, inputs, attrs, types[0]!)) : null;
      outputs = same ? [same] : this.#addNode(op, domain, inputs, attrs, types, known, options);
    }
    if (key !== null) this.#shared.set(key, outputs);
    return outputs;
  }

  /** Adds a node that robenc does not know, whose results have the types given. Equal nodes are not shared: they may be random. */
  opaque({ op, domain, version, ...options }: OpaqueNode, inputs: readonly (Value | null)[], attrs: Attrs, types: readonly Type[]): readonly Value[] {
    return this.#addNode(op, domain, inputs, attrs, types, null, options, version);
  }

  /** A reshape; sizes may be symbols as long as ONNX can express them (one -1, and 0 for a size kept in place). */
  reshape(x: Value, shape: Shape): Value {
    if (sameShape(x.type.shape, shape)) return x;
    let inferred = false;
    const target = shape.map((dim, i) => {
      if (typeof dim === 'number') return dim;
      if (x.type.shape[i] === dim) return 0;
      if (inferred)
        throw new RobencError('unsupported', `Reshape ${describeType(x.type)} to [${shape.join(',')}]: more than one size is known only at run time.`);
      inferred = true;
      return -1;
    });
    return this.node('Reshape', [x, this.ints(target)]);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.node('Transpose', [x], { perm });
  }

  /** The sum over axes (all of them when not given). */
  sum(x: Value, axes: readonly number[] | null, keep = false): Value {
    if (axes?.length === 0) return x;
    return this.node('ReduceSum', axes === null ? [x] : [x, this.ints(axes)], { keepdims: keep ? 1 : 0 });
  }

  add = (a: Value, b: Value): Value => this.node('Add', [a, b]);
  sub = (a: Value, b: Value): Value => this.node('Sub', [a, b]);
  mul = (a: Value, b: Value): Value => this.node('Mul', [a, b]);
  div = (a: Value, b: Value): Value => this.node('Div', [a, b]);
  neg = (a: Value): Value => this.node('Neg', [a]);
  cast = (a: Value, to: DType): Value => this.node('Cast', [a], { to });

  /** A scalar of the same type as `like`. */
  scalarLike(value: number, like: Value): Value {
    return this.scalar(value, like.type.dtype);
  }

  /** `x` repeated to `shape`; where sizes are symbols, the shape is read from `like` at run time. */
  expand(x: Value, shape: Shape, like: Value): Value {
    if (sameShape(x.type.shape, shape)) return x;
    if (isFixed(shape)) return this.node('Expand', [x, this.ints(shape)]);
    if (!sameShape(like.type.shape, shape)) throw new RobencError('unsupported', `Expand to [${shape.join(',')}]: no value of that shape at hand.`);
    return this.node('Expand', [x, this.node('Shape', [like])]);
  }

  /** Sums a cotangent back to the shape of an operand that was broadcast. Where a size of `like` is 1 or not at run time only, being 1 is refused then. */
  unbroadcast(dy: Value, shape: Shape, like?: Value): Value {
    const from = dy.type.shape;
    if (sameShape(from, shape)) return dy;
    const lead = from.length - shape.length;
    const axes = from.flatMap((dim, i) => (i < lead || (shape[i - lead] === 1 && dim !== 1) ? [i] : []));
    const summed = this.sum(dy, axes, true);
    const open = shape.some((dim, i) => typeof dim === 'string' && typeof from[i + lead] === 'number');
    return open && like ? this.node('Reshape', [summed, this.node('Shape', [like])]) : this.reshape(summed, shape);
  }

  /** The finished graph: only what the outputs need, constants included. */
  build(name = 'robenc'): Graph {
    const needed = new Set<Value>(this.#outputs.map((output) => output.value));
    const kept: Node[] = [];
    for (let i = this.#nodes.length - 1; i >= 0; i--) {
      const node = this.#nodes[i]!;
      if (!node.outputs.some((output) => needed.has(output))) continue;
      kept.push(node);
      for (const input of node.inputs) if (input) needed.add(input);
    }
    return { name, inputs: [...this.#inputs], outputs: [...this.#outputs], nodes: kept.reverse() };
  }

  #infer(definition: OpDef, context: Context, name: string | undefined): { types: readonly Type[]; known: readonly Dim[] | null } {
    const { types, known } = attempt(definition, context, name);
    if (known === null || known.length <= SMALL) return { types, known };
    if (known.length > LONGEST_LIST || known.length > this.#listed) return { types, known: null };
    this.#listed -= known.length;
    return { types, known };
  }

  /** The constant that a node of small constants amounts to, or null. What is large is left to a pass (passes/fold-constants.ts), which sees the whole graph. */
  #folded(definition: OpDef, inputs: readonly (Value | null)[], attrs: Attrs, type: Type): Value | null {
    const small = ({ shape }: Type): boolean => isFixed(shape) && sizeOf(shape) <= FOLDED;
    if (definition.stochastic || !small(type) || !inputs.every((value) => value === null || (value.data !== null && !value.parameter && small(value.type))))
      return null;
    const result = evaluate(
      definition.op,
      inputs.map((value) => value && value.data),
      attrs,
      type,
    );
    return result && this.constant(result);
  }

  #addNode(
    op: string,
    domain: string,
    inputs: readonly (Value | null)[],
    attrs: Attrs,
    types: readonly Type[],
    known: readonly Dim[] | null,
    options: NodeOptions,
    version?: number,
  ): readonly Value[] {
    const outputs: Value[] = [];
    const node: Node = {
      op,
      domain,
      name: this.#unique(options.name ?? op.toLowerCase()),
      inputs,
      outputs,
      attrs,
      ...(version === undefined ? {} : { version }),
    };
    for (const [i, type] of types.entries())
      outputs.push(this.#value(options.outputNames?.[i] ?? (types.length === 1 ? node.name : `${node.name}_${i}`), type, node, null, i === 0 ? known : null));
    this.#nodes.push(node);
    return outputs;
  }

  #value(name: string, type: Type, node: Node | null, data: TensorData | null, known: readonly Dim[] | null): Value {
    return { id: this.#nextId++, name: node && node.name === name ? name : this.#unique(name), type, node, data, parameter: false, known };
  }

  #unique(full: string): string {
    const wanted = full.length > LONGEST_NAME ? full.slice(0, LONGEST_NAME) : full;
    let name = wanted;
    while (this.#names.has(name)) {
      const count = this.#counts.get(wanted) ?? 1;
      this.#counts.set(wanted, count + 1);
      name = `${wanted}_${count}`;
    }
    this.#names.add(name);
    return name;
  }

  /** The elements that a shape has in total divided by another's: a helper for rules that turn means into sums. */
  ratio(whole: Shape, part: Shape): number {
    const quotient = divide(elements(whole), elements(part));
    if (typeof quotient !== 'number')
      throw new RobencError('unsupported', `A mean over a size that is known only at run time: [${whole.join(',')}] to [${part.join(',')}].`);
    return quotient;
  }
}
