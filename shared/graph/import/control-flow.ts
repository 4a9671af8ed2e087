/** @file If, Loop and Scan: taken apart where what decides about them is known before the run, else named as in the way. */
import { RobencError } from '../../errors.js';
import type { AttributeProto, GraphProto } from '../../proto/onnx.js';
import { normalizeAxis } from '../dim.js';
import { constantNumbers } from '../imported.js';
import type { Value } from '../value.js';
import { graphAttribute } from './attributes.js';
import { pathInto, type Body, type Readers, type Reading } from './reading.js';
import { Scope } from './scope.js';
import { isReadable, Unreadable, type Slot } from './unreadable.js';

/** A node of control flow on its way in. */
export interface FlowNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly Slot[];
  readonly attributes: readonly AttributeProto[];
  readonly outputs: number;
  readonly opset: number;
}

type FlowReader = (reading: Reading, readers: Readers, node: FlowNode, around: Body, scope: Scope) => Slot[];

/** The branch that is taken, in place of the node. */
const readIf: FlowReader = (reading, readers, node, around, scope) => {
  const condition = node.inputs[0] ?? null;
  if (!isReadable(condition)) return blocked(node, null, [condition]);
  const taken = truth(condition);
  if (taken === null) return blocked(node, 'its condition is known only at run time, and it is not differentiated');
  const branch = graphAttribute(node.attributes, taken ? 'then_branch' : 'else_branch', node);
  return readers.graph(reading, branch, { ...around, path: pathInto(node.name) }, new Scope(reading.source, scope));
};

/** The body once for each turn. Its outputs: the condition to go on, what is carried to the next turn, and what is collected. */
const readLoop: FlowReader = (reading, readers, node, around, scope) => {
  const [limit, condition, ...initial] = node.inputs;
  const unread = [limit, condition].filter((slot) => slot instanceof Unreadable);
  if (unread.length > 0) return blocked(node, null, unread);
  const body = graphAttribute(node.attributes, 'body', node);
  const turns = limit ? (knownNumbers(limit as Value)?.[0] ?? null) : Infinity;
  if (turns === null) return blocked(node, 'its number of turns is known only at run time, and it is not differentiated');
  let goesOn = condition ? truth(condition as Value) : true;
  let carried: readonly Slot[] = initial;
  const collected: Slot[][] = body.output.slice(1 + initial.length).map(() => []);
  for (let turn = 0; turn < turns && goesOn === true; turn++) {
    const condition = reading.g.constant({ dtype: 'bool', shape: [], data: Uint8Array.of(1) });
    const results = readTurn(reading, readers, node, body, [reading.g.scalar(turn, 'int64'), condition, ...carried], turn, around, scope);
    const after = results[0] ?? null;
    if (!isReadable(after)) return blocked(node, null, [after]);
    goesOn = truth(after);
    carried = results.slice(1, 1 + initial.length);
    for (const [i, list] of collected.entries()) list.push(results[1 + initial.length + i]!);
  }
  if (goesOn === null) return blocked(node, 'its condition to go on is known only at run time, and it is not differentiated');
  return [...carried, ...collected.map((list) => stacked(reading, node, list, 0))];
};

/** The body once for each slice along an axis of the inputs that are scanned, whose size must be known. */
const readScan: FlowReader = (reading, readers, node, around, scope) => {
  if (node.opset < 9) return blocked(node, 'robenc reads Scan of opset 9 and later. Export the model again');
  const unread = node.inputs.filter((slot) => slot instanceof Unreadable);
  if (unread.length > 0) return blocked(node, null, unread);
  const body = graphAttribute(node.attributes, 'body', node);
  const list = (name: string): readonly number[] => (node.attributes.find((attribute) => attribute.name === name)?.ints ?? []).map(Number);
  const scanned = Number(node.attributes.find((attribute) => attribute.name === 'num_scan_inputs')?.i ?? 0);
  const states = node.inputs.length - scanned;
  if (scanned < 1 || states < 0 || node.inputs.some((slot) => slot === null))
    throw new RobencError('bad-file', `Scan "${node.name}": ${scanned} of ${node.inputs.length} inputs cannot be scanned.`);
  const sources = (node.inputs as readonly Value[]).slice(states).map((value, i) => ({
    value,
    axis: axisOf(node, list('scan_input_axes')[i] ?? 0, value.type.shape.length),
    backwards: list('scan_input_directions')[i] === 1,
  }));
  const turns = sources[0]!.value.type.shape[sources[0]!.axis];
  if (typeof turns !== 'number') return blocked(node, 'the size of what it scans is known only at run time, and it is not differentiated');
  let carried: readonly Slot[] = node.inputs.slice(0, states);
  const collected: Slot[][] = body.output.slice(states).map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    const slices = sources.map(({ value, axis, backwards }) =>
      reading.g.node('Gather', [value, reading.g.scalar(backwards ? turns - 1 - turn : turn, 'int64')], { axis }),
    );
    const results = readTurn(reading, readers, node, body, [...carried, ...slices], turn, around, scope);
    carried = results.slice(0, states);
    for (const [i, list] of collected.entries()) list.push(results[states + i]!);
  }
  return [
    ...carried,
    ...collected.map((turned, i) => {
      const ordered = list('scan_output_directions')[i] === 1 ? turned.toReversed() : turned;
      return stacked(reading, node, ordered, list('scan_output_axes')[i] ?? 0);
    }),
  ];
};

export const FLOW: Readonly<Record<string, FlowReader>> = { If: readIf, Loop: readLoop, Scan: readScan };

/** One turn of a body, its inputs given in their order. */
function readTurn(
  reading: Reading,
  readers: Readers,
  node: FlowNode,
  body: GraphProto,
  inputs: readonly Slot[],
  turn: number,
  around: Body,
  scope: Scope,
): Slot[] {
  if (body.input.length !== inputs.length)
    throw new RobencError('bad-file', `${node.op} "${node.name}" gives its body ${inputs.length} values, and it takes ${body.input.length}.`);
  const inner = new Scope(reading.source, scope);
  for (const [i, { name }] of body.input.entries()) inner.define(name, inputs[i]!);
  return readers.graph(reading, body, { ...around, path: pathInto(`${node.name}/${turn}`) }, inner);
}

/** The results of all turns along a new axis. */
function stacked(reading: Reading, node: FlowNode, turns: readonly Slot[], axis: number): Slot {
  const unread = turns.filter((slot) => slot instanceof Unreadable);
  if (unread.length > 0) return new Unreadable(null, unread);
  if (turns.length === 0 || turns.includes(null)) return blocked({ ...node, outputs: 1 }, 'it makes no turn, so what it collects has no type')[0]!;
  const { g } = reading;
  const parts = (turns as readonly Value[]).map((value) => g.node('Unsqueeze', [value, g.ints([axis])]));
  return parts.length === 1 ? parts[0]! : g.node('Concat', parts, { axis: axisOf(node, axis, parts[0]!.type.shape.length) });
}

function axisOf(node: FlowNode, axis: number, rank: number): number {
  try {
    return normalizeAxis(axis, rank);
  } catch (cause) {
    throw new RobencError('bad-file', `${node.op} "${node.name}": ${(cause as Error).message}.`, { cause });
  }
}

function blocked(node: FlowNode, reason: string | null, from: readonly Unreadable[] = []): Slot[] {
  const value = new Unreadable(reason === null ? null : { node: node.name, op: node.op, reason }, from);
  return Array.from({ length: node.outputs }, () => value);
}

/** A condition that is known before the run. */
function truth(value: Value | null): boolean | null {
  const first = value && knownNumbers(value)?.[0];
  return first === undefined || first === null ? null : first !== 0;
}

function knownNumbers(value: Value): readonly number[] | null {
  const numbers = value.data ? constantNumbers({ inputs: [value] }, 0) : value.known;
  return numbers?.every((dim) => typeof dim === 'number') ? numbers : null;
}
