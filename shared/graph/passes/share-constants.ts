/** @file Stores equal constants once: exporters write tied weights, and statistics that start alike, several times. */
import { createHash } from 'node:crypto';
import type { TensorData, Value } from '../value.js';
import { rewritten, type Pass } from './pass.js';

/** Smaller ones are shared by the builder. */
const LARGE = 64;

const pass: Pass = {
  name: 'share-constants',
  summary: 'constants with equal elements are stored once',
  run(graph, operators) {
    const first = new Map<string, TensorData>();
    const shared = new Map<Value, TensorData>();
    for (const value of new Set(graph.nodes.flatMap((node) => node.inputs))) {
      if (!value?.data || value.data.data.length <= LARGE) continue;
      const key = keyOf(value.data);
      const twin = first.get(key);
      if (twin === undefined) first.set(key, value.data);
      else if (twin.data !== value.data.data) shared.set(value, { ...value.data, data: twin.data });
    }
    if (shared.size === 0) return graph;
    return rewritten(graph, operators, (g) => {
      const made = new Map<Value, Value>();
      const replaced = (value: Value): Value => {
        const copy = made.get(value) ?? g.constant(shared.get(value)!, value.name);
        made.set(value, copy);
        return copy;
      };
      return (node, inputs) => {
        if (!node.inputs.some((value) => value && shared.has(value))) return null;
        const own = inputs.map((input, i) => (node.inputs[i] && shared.has(node.inputs[i]) ? replaced(node.inputs[i]) : input));
        const outputNames = node.outputs.map(({ name }) => name);
        return g.nodeOutputs(node.op, own, node.attrs, { domain: node.domain, outputs: node.outputs.length, name: node.name, outputNames });
      };
    });
  },
};
export default pass;

/** By its bytes, so that -0 is not 0 and one NaN is another. */
function keyOf({ dtype, shape, data }: TensorData): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return `${dtype}|${shape.join()}|${createHash('sha256').update(bytes).digest('base64')}`;
}
