/** @file Puts the nodes of a file in topological order. */
import { RobencError } from '../errors.js';
import type { NodeProto } from '../proto/onnx.js';
import { namesRead } from './import/captured.js';
import type { Scope } from './import/scope.js';

export interface PlacedNode {
  readonly node: NodeProto;
  /** Its place in the file. */
  readonly index: number;
}

/**
 * The nodes so that each stands after those that it reads from, otherwise in the order of the file.
 *
 * @param scope knows the inputs and constants; names that neither it nor a node defines may come from around it
 * @throws RobencError `bad-file` naming a value that nothing makes, or nodes that wait for one another.
 */
export function sortNodes(nodes: readonly NodeProto[], scope: Scope, source: string): PlacedNode[] {
  const maker = new Map<string, number>();
  for (const [i, node] of nodes.entries()) for (const output of node.output) if (output !== '') maker.set(output, i);
  const waiting = new Int32Array(nodes.length);
  const readers = nodes.map((): number[] => []);
  let sorted = true;
  for (const [i, node] of nodes.entries()) {
    for (const input of namesRead(node)) {
      if (scope.hasOwn(input)) continue;
      const from = maker.get(input);
      if (from === undefined) {
        if (scope.has(input)) continue;
        throw new RobencError('bad-file', `${source}: ${titleOf(nodes, i)} reads "${input}", which nothing makes. The file may be cut.`, { field: input });
      }
      readers[from]!.push(i);
      waiting[i]!++;
      if (from >= i) sorted = false;
    }
  }
  const order = sorted ? [...nodes.keys()] : [...nodes.keys()].filter((i) => waiting[i] === 0);
  for (let next = 0; !sorted && next < order.length; next++) for (const reader of readers[order[next]!]!) if (--waiting[reader]! === 0) order.push(reader);
  if (order.length < nodes.length) {
    const stuck = [...nodes.keys()].filter((i) => waiting[i]! > 0).slice(0, 5);
    throw new RobencError(
      'bad-file',
      `${source}: these nodes wait for one another: ${stuck.map((i) => titleOf(nodes, i)).join(', ')}. A graph must not have cycles.`,
    );
  }
  return order.map((index) => ({ node: nodes[index]!, index }));
}

function titleOf(nodes: readonly NodeProto[], i: number): string {
  return `${nodes[i]!.opType} "${nodes[i]!.name || `node ${i}`}"`;
}
