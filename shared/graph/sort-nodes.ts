/** @file Puts the nodes of a file in topological order. */
import { RobencError } from '../errors.js';
import type { NodeProto } from '../proto/onnx.js';

/**
 * The nodes so that each stands after those that it reads from, otherwise in the order of the file.
 *
 * @param given names of inputs and constants
 * @throws RobencError `bad-file` naming a value that nothing makes, or nodes that wait for one another.
 */
export function sortNodes(nodes: readonly NodeProto[], given: ReadonlySet<string>, source: string): NodeProto[] {
  const maker = new Map<string, number>();
  for (const [i, node] of nodes.entries()) for (const output of node.output) if (output !== '') maker.set(output, i);
  const waiting = new Int32Array(nodes.length);
  const readers = nodes.map((): number[] => []);
  for (const [i, node] of nodes.entries()) {
    for (const input of new Set(node.input)) {
      if (input === '' || given.has(input)) continue;
      const from = maker.get(input);
      if (from === undefined)
        throw new RobencError(
          'bad-file',
          `${source}: ${node.opType} "${node.name || `node ${i}`}" reads "${input}", which nothing makes. The file may be cut.`,
          { field: input },
        );
      readers[from]!.push(i);
      waiting[i]!++;
    }
  }
  if (isSorted(nodes, maker, given)) return [...nodes];
  const ready = [...nodes.keys()].filter((i) => waiting[i] === 0);
  const sorted: NodeProto[] = [];
  for (let next = 0; next < ready.length; next++) {
    const i = ready[next]!;
    sorted.push(nodes[i]!);
    for (const reader of readers[i]!) if (--waiting[reader]! === 0) ready.push(reader);
  }
  if (sorted.length < nodes.length) {
    const stuck = [...nodes.keys()].filter((i) => waiting[i]! > 0).slice(0, 5);
    throw new RobencError(
      'bad-file',
      `${source}: these nodes wait for one another: ${stuck.map((i) => `${nodes[i]!.opType} "${nodes[i]!.name || `node ${i}`}"`).join(', ')}. A graph must not have cycles.`,
    );
  }
  return sorted;
}

function isSorted(nodes: readonly NodeProto[], maker: ReadonlyMap<string, number>, given: ReadonlySet<string>): boolean {
  return nodes.every((node, i) => node.input.every((input) => input === '' || given.has(input) || maker.get(input)! < i));
}
