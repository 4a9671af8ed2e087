/** @file Peephole rules applied while a graph is built: a node that would only copy its input is not made. */
import type { GraphBuilder } from './builder.js';
import { sameShape } from './dim.js';
import { numbersOf, type Attrs, type Type, type Value } from './value.js';

/** The value that a node would merely repeat, or null where the node has work to do. */
export function simplify(g: GraphBuilder, op: string, inputs: readonly (Value | null)[], attrs: Attrs, type: Type): Value | null {
  const [x, y] = inputs;
  if (!x) return null;
  switch (op) {
    case 'Identity':
      return x;
    case 'Cast':
      return x.type.dtype === type.dtype ? x : null;
    case 'Reshape':
    case 'Expand':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Flatten':
      return sameShape(x.type.shape, type.shape) ? x : op === 'Reshape' ? reshapeOfReshape(g, x, y, type) : null;
    case 'Transpose':
      return transposeOf(g, x, attrs['perm'] as readonly number[] | undefined);
    case 'Mul':
      return isScalar(y, 1) && sameShape(x.type.shape, type.shape) ? x : y && isScalar(x, 1) && sameShape(y.type.shape, type.shape) ? y : null;
    case 'Div':
      return isScalar(y, 1) && sameShape(x.type.shape, type.shape) ? x : null;
    case 'Add':
      return (
        addedBefore(g, x, y) ??
        (isScalar(y, 0) && sameShape(x.type.shape, type.shape) ? x : y && isScalar(x, 0) && sameShape(y.type.shape, type.shape) ? y : null)
      );
    case 'Sub':
      return isScalar(y, 0) && sameShape(x.type.shape, type.shape) ? x : null;
    default:
      return null;
  }
}

/** Two results of one operator that moves elements are added before they are moved, where the operator knows how. */
function addedBefore(g: GraphBuilder, x: Value, y: Value | null | undefined): Value | null {
  const [a, b] = [x.node, y?.node];
  if (!a || !b || a.op !== b.op || a.domain !== b.domain || !sameShape(x.type.shape, y!.type.shape)) return null;
  return g.operators.find(a.op, a.domain)?.addBefore?.(g, a, b) ?? null;
}

function isScalar(value: Value | null | undefined, wanted: number): boolean {
  const data = value?.data;
  return data !== undefined && data !== null && data.data.length === 1 && numbersOf(data)[0] === wanted;
}

/** Two transposes in a row become one, or none. */
function transposeOf(g: GraphBuilder, x: Value, perm: readonly number[] | undefined): Value | null {
  const order = perm ?? x.type.shape.map((_, i) => x.type.shape.length - 1 - i);
  if (order.every((axis, i) => axis === i)) return x;
  const inner = x.node?.op === 'Transpose' ? x.node : null;
  const source = inner?.inputs[0];
  if (!inner || !source) return null;
  const first = (inner.attrs['perm'] as readonly number[] | undefined) ?? order.map((_, i) => order.length - 1 - i);
  const combined = order.map((axis) => first[axis]!);
  return combined.every((axis, i) => axis === i) ? source : g.transpose(source, combined);
}

/** A reshape of a reshape reads the first one's input, as long as the target does not copy sizes (0) from the middle shape. */
function reshapeOfReshape(g: GraphBuilder, x: Value, target: Value | null | undefined, type: Type): Value | null {
  const inner = x.node?.op === 'Reshape' ? x.node : null;
  const source = inner?.inputs[0];
  if (!source || !target?.data) return null;
  if (sameShape(source.type.shape, type.shape)) return source;
  const sizes = target.known;
  return sizes && !sizes.includes(0) ? g.node('Reshape', [source, target]) : null;
}
