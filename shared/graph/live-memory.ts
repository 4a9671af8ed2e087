/** @file How much memory a graph needs while it runs, from its shapes alone. */
import { ARRAY_OF, sizeOf, type Graph, type Node, type Type, type Value } from './value.js';

/** What gives its input back in another shape: no memory of its own. */
const VIEWS = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity']);

export interface LiveMemory {
  /** Most bytes of values that are needed at one time, inputs and outputs not counted. */
  readonly peak: number;
  /** Bytes of all constants. */
  readonly constants: number;
}

/** Values live from the node that makes them to the last one that reads them, nodes running in the order of the graph. All shapes must be fixed. */
export function liveMemory(graph: Graph): LiveMemory {
  const roots = new Map<Value, Value>();
  const rootOf = (value: Value): Value => roots.get(value) ?? value;
  const lastUse = new Map<Value, number>();
  const constants = new Set<Value>();
  graph.nodes.forEach((node, at) => {
    if (VIEWS.has(node.op) && node.outputs[0] && node.inputs[0]) roots.set(node.outputs[0], rootOf(node.inputs[0]));
    for (const value of valuesOf(node.inputs)) {
      if (value.data) constants.add(value);
      lastUse.set(rootOf(value), at);
    }
  });
  const kept = new Set([...graph.inputs, ...graph.outputs.map(({ value }) => rootOf(value))]);
  const endings = new Map<number, Value[]>();
  for (const [value, at] of lastUse) endings.set(at, [...(endings.get(at) ?? []), value]);
  let [live, peak] = [0, 0];
  const alive = new Set<Value>();
  graph.nodes.forEach((node, at) => {
    for (const value of valuesOf(node.outputs)) {
      if (roots.has(value) || kept.has(value)) continue;
      live += bytesOf(value.type);
      if (lastUse.has(value)) alive.add(value);
    }
    peak = Math.max(peak, live);
    for (const value of valuesOf(node.outputs)) if (!roots.has(value) && !kept.has(value) && !lastUse.has(value)) live -= bytesOf(value.type);
    for (const value of endings.get(at) ?? []) if (alive.delete(value)) live -= bytesOf(value.type);
  });
  return { peak, constants: [...constants].reduce((sum, value) => sum + bytesOf(value.type), 0) };
}

function valuesOf(list: Node['inputs']): Value[] {
  return list.filter((value): value is Value => value !== null);
}

function bytesOf({ dtype, shape }: Type): number {
  return shape.every((size) => typeof size === 'number') ? sizeOf(shape) * ARRAY_OF[dtype].BYTES_PER_ELEMENT : 0;
}
