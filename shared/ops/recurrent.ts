/** @file What LSTM, GRU and RNN share: their types, and the same results with one set of nodes for each place of the sequence. */
import { RobencError } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { InferContext } from '../graph/operator.js';
import type { Node, Type, Value } from '../graph/value.js';
import { numberAttr, textAttr } from './attributes.js';
import { activationsOf, type Activation } from './recurrent-activations.js';

/** What one direction of a cell computes with. Gates lie one after the other along the axes of size gates · hidden. */
export interface Direction {
  readonly hidden: number;
  /** [hidden, gates · hidden] */
  readonly recurrent: Value;
  /** [gates · hidden]; null where there is none, or where it is part of what the input gives. */
  readonly bias: Value | null;
  /** Weights from the cell's state to its gates [3 · hidden]. */
  readonly peepholes: Value | null;
  readonly activations: readonly Activation[];
}

export interface Cell {
  readonly gates: number;
  readonly activations: readonly string[];
  /** How many of them, from the first, bound their input where the node has a `clip`. */
  readonly clipped: number;
  /** How many states go from turn to turn: the output, and that of the cell. */
  readonly states: 1 | 2;
  /** Whether the bias of the recurrent product is not simply added to that of the input. */
  readonly ownBias: boolean;
  /** The states after one turn, from what the input gives [batch, gates · hidden] and the states before; null stands for zeros. */
  turn(g: GraphBuilder, x: Value, states: readonly (Value | null)[], direction: Direction): readonly Value[];
}

/** Inputs x [T, N, I], w [D, G·H, I], r [D, G·H, H]; outputs [T, D, N, H], and [D, N, H] for each state after the last turn. */
export function recurrentTypes(context: InferContext, gates: number): Type[] {
  const [x, w, r] = [context.type(0), context.type(1), context.type(2)];
  if (numberAttr(context.attrs, 'layout', 0) !== 0) throw new Error('sequences come first (layout 0)');
  if (x.shape.length !== 3 || w.shape.length !== 3 || r.shape.length !== 3) throw new Error('x, w and r need rank 3');
  const [directions, hidden] = [directionsOf(textAttr(context.attrs, 'direction', 'forward')), r.shape[2]!];
  const wanted = [directions, typeof hidden === 'number' ? gates * hidden : hidden, hidden];
  if (r.shape.some((size, i) => size !== wanted[i])) throw new Error(`r is [${r.shape.join(',')}] instead of [${wanted.join(',')}]`);
  if (w.shape[0] !== directions || w.shape[1] !== wanted[1]) throw new Error(`w is [${w.shape.join(',')}] instead of [${directions},${wanted[1]},…]`);
  const { dtype } = x;
  const last: Type = { dtype, shape: [directions, x.shape[1]!, hidden] };
  return [{ dtype, shape: [x.shape[0]!, ...last.shape] }, last, last].slice(0, context.outputs);
}

function directionsOf(direction: string): number {
  if (!['forward', 'reverse', 'bidirectional'].includes(direction)) throw new Error(`there is no direction "${direction}"`);
  return direction === 'bidirectional' ? 2 : 1;
}

/** The outputs of a node, its sequence unrolled. Its length must be known. */
export function unrolled(g: GraphBuilder, node: Node, cell: Cell): readonly Value[] {
  const [x, w, r] = node.inputs as readonly [Value, Value, Value];
  const [b = null, lengths = null, h = null, c = null, p = null] = node.inputs.slice(3);
  const turns = x.type.shape[0];
  if (typeof turns !== 'number')
    throw new RobencError(
      'unsupported',
      `The gradient of ${node.op} "${node.name}": the length of its sequence (${turns}) is known only at run time. Export the model with a fixed one.`,
    );
  const direction = textAttr(node.attrs, 'direction', 'forward');
  const count = directionsOf(direction);
  const activations = activationsOf(g, node.attrs, cell.activations, count).map((activation, i) =>
    i % cell.activations.length < cell.clipped ? bounded(g, activation, numberAttr(node.attrs, 'clip', 0)) : activation,
  );
  const valid =
    lengths && Array.from({ length: turns }, (_, t) => g.node('Unsqueeze', [g.node('Less', [g.scalar(t, 'int64'), g.cast(lengths, 'int64')]), g.ints([1])]));
  const runs = Array.from({ length: count }, (_, d) => {
    const own = (value: Value | null | undefined): Value | null => (value ? g.node('Gather', [value, g.scalar(d, 'int64')], { axis: 0 }) : null);
    const size = Number(r.type.shape[2]);
    const [inputBias, bias] = biases(g, own(b), cell, size);
    const product = g.node('MatMul', [x, g.transpose(own(w)!, [1, 0])]);
    return run(g, {
      cell,
      inputs: places(g, inputBias ? g.add(product, inputBias) : product, turns),
      valid,
      backwards: d === 1 || direction === 'reverse',
      states: [own(h), own(c)].slice(0, cell.states),
      direction: {
        hidden: size,
        recurrent: g.transpose(own(r)!, [1, 0]),
        bias,
        peepholes: own(p),
        activations: activations.slice(d * cell.activations.length, (d + 1) * cell.activations.length),
      },
    });
  });
  const along = (axis: number, values: readonly Value[]): Value => {
    const parts = values.map((value) => g.node('Unsqueeze', [value, g.ints([axis])]));
    return parts.length === 1 ? parts[0]! : g.node('Concat', parts, { axis });
  };
  const sequence = along(
    1,
    runs.map(({ outputs }) => along(0, outputs)),
  );
  const last = Array.from({ length: cell.states }, (_, i) =>
    along(
      0,
      runs.map(({ states }) => states[i]!),
    ),
  );
  return [sequence, ...last].slice(0, node.outputs.length);
}

interface Run {
  readonly cell: Cell;
  /** What the input gives at each place, [batch, gates · hidden]. */
  readonly inputs: readonly Value[];
  /** Which sequences reach each place, bool [batch, 1]; null where all have the whole length. */
  readonly valid: readonly Value[] | null;
  readonly backwards: boolean;
  readonly states: readonly (Value | null)[];
  readonly direction: Direction;
}

/** One direction over the whole sequence: its output at each place, and its states at the end. States wait while a sequence has not begun or has ended. */
function run(g: GraphBuilder, { cell, inputs, valid, backwards, states: initial, direction }: Run): { outputs: Value[]; states: readonly Value[] } {
  const outputs: Value[] = [];
  let states = initial;
  for (let turn = 0; turn < inputs.length; turn++) {
    const at = backwards ? inputs.length - 1 - turn : turn;
    const after = cell.turn(g, inputs[at]!, states, direction);
    const zero = g.scalarLike(0, after[0]!);
    states = valid ? after.map((value, i) => g.node('Where', [valid[at]!, value, states[i] ?? zero])) : after;
    outputs[at] = valid ? g.node('Where', [valid[at]!, after[0]!, zero]) : after[0]!;
  }
  return { outputs, states: states as readonly Value[] };
}

/** The bias that is added for all places at once, and the one that is left for the turns. */
function biases(g: GraphBuilder, bias: Value | null, cell: Cell, hidden: number): readonly [Value | null, Value | null] {
  if (!bias) return [null, null];
  const [own, recurrent] = [columns(g, bias, 0, cell.gates * hidden), columns(g, bias, cell.gates * hidden, 2 * cell.gates * hidden)];
  return cell.ownBias ? [own, recurrent] : [g.add(own, recurrent), null];
}

/** Part of the last axis. */
export function columns(g: GraphBuilder, x: Value, from: number, to: number): Value {
  return g.node('Slice', [x, g.ints([from]), g.ints([to]), g.ints([-1])]);
}

/** The gates of the last axis, apart. */
export function gatesOf(g: GraphBuilder, x: Value, gates: number): readonly Value[] {
  return gates === 1 ? [x] : g.nodeOutputs('Split', [x], { axis: -1, num_outputs: gates }, { outputs: gates });
}

/** h R + bias, or what is left of it where h is 0; null where nothing is. */
export function recurrence(g: GraphBuilder, h: Value | null, weights: Value, bias: Value | null): Value | null {
  if (!h) return bias;
  const product = g.node('MatMul', [h, weights]);
  return bias ? g.add(product, bias) : product;
}

/** a + b, where b may be absent. */
export function plus(g: GraphBuilder, a: Value, b: Value | null): Value {
  return b ? g.add(a, b) : a;
}

function places(g: GraphBuilder, x: Value, turns: number): readonly Value[] {
  const parts = turns === 1 ? [x] : g.nodeOutputs('Split', [x], { axis: 0, num_outputs: turns }, { outputs: turns });
  return parts.map((part) => g.node('Squeeze', [part, g.ints([0])]));
}

function bounded(g: GraphBuilder, activation: Activation, clip: number): Activation {
  if (clip <= 0) return activation;
  return (x) => activation(g.node('Clip', [x, g.scalarLike(-clip, x), g.scalarLike(clip, x)]));
}
