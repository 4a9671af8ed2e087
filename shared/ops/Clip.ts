/** @file Clip. */
import { defineOp } from '../graph/operator.js';
import { numbersOf, type Dim, type Value } from '../graph/value.js';
import { masked, maskedByPositive } from './masks.js';

/**
 * y = x kept in [min, max], either of which may be absent;  dx = dy where min ≤ x ≤ max, which is where y = x; dmin = Σ dy below, dmax = Σ dy above.
 * Bounds of 0 and 6 are taken for a ReLU6, through whose ends the frameworks let nothing pass (PyTorch exports clamp(0, 6), which does, as the same Clip).
 * Elsewhere a pixel at the end of its range can still leave it.
 */
export default defineOp({
  op: 'Clip',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy], needs) => {
    const [x, min, max] = [node.inputs[0]!, node.inputs[1] ?? null, node.inputs[2] ?? null];
    const above = max && needs[2] ? g.node('Greater', [x, max]) : null;
    const below = min && needs[1] ? g.node('Less', [x, min]) : null;
    const total = (outside: Value | null, bound: Value | null): Value | null => outside && g.reshape(g.sum(masked(g, dy!, outside), null), bound!.type.shape);
    const y = node.outputs[0]!;
    const slope = (): Value => (isRelu6(min, max) ? maskedByPositive(g, dy!, y, 6) : masked(g, dy!, g.node('Equal', [x, y])));
    return [needs[0] ? slope() : null, total(below, min), total(above, max)];
  },
  known: (context) => {
    const [sizes, low, high] = [0, 1, 2].map((i): readonly Dim[] | null => (context.inputs[i] ? context.known(i) : []));
    if (!sizes || !low || !high || [...low, ...high].some((bound) => typeof bound === 'string')) return null;
    const [least, most] = [low[0] ?? -Infinity, high[0] ?? Infinity] as [number, number];
    // A symbol is at least 1.
    if (sizes.some((size) => typeof size === 'string') && (least > 1 || most < Infinity)) return null;
    return sizes.map((size) => (typeof size === 'string' ? size : Math.min(Math.max(size, least), most)));
  },
});

function isRelu6(min: Value | null, max: Value | null): boolean {
  return !!min?.data && !!max?.data && numbersOf(min.data)[0] === 0 && numbersOf(max.data)[0] === 6;
}
