/** @file Einsum. */
import { RobencError } from '../errors.js';
import { broadcastDim, sameShape } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { GraphBuilder } from '../graph/builder.js';
import { floats, type Dim, type Node, type Shape, type Value } from '../graph/value.js';
import { textAttr } from './attributes.js';
import { sameDType } from './elementwise.js';
import { sizeAt } from './movement.js';

/** Labels of each operand and of the result, one character an axis; `...` is spelled out in capitals that the equation does not use. */
interface Equation {
  readonly operands: readonly string[];
  readonly result: string;
}

/** y = sums of products as the equation says;  dx of an operand = the same product with dy in its place and their labels exchanged */
export default defineOp({
  op: 'Einsum',
  infer: (context) => {
    const types = context.inputs.map((_, i) => context.type(i));
    sameDType(types);
    const shapes = types.map((type) => type.shape);
    const equation = parseEquation(textAttr(context.attrs, 'equation', ''), shapes);
    const sizes = labelSizes(equation, shapes);
    return [{ dtype: types[0]!.dtype, shape: Array.from(equation.result, (label) => sizes.get(label)!) }];
  },
  grad: (g, node, [dy], needs) => {
    const operands = node.inputs as readonly Value[];
    const equation = parseEquation(
      textAttr(node.attrs, 'equation', ''),
      operands.map((operand) => operand.type.shape),
    );
    return operands.map((operand, i) => {
      if (!needs[i]) return null;
      const own = equation.operands[i]!;
      const labels = Array.from(new Set(own));
      const others = operands.flatMap((_, j) => (j === i ? [] : [j]));
      const terms = [equation.result, ...others.map((j) => equation.operands[j]!)];
      const kept = labels.filter((label) => terms.join('').includes(label));
      const product = g.node('Einsum', [dy!, ...others.map((j) => operands[j]!)], { equation: `${terms.join(',')}->${kept.join('')}` });
      // Labels that only this operand has were summed over: every place gets the same.
      const missing = labels.flatMap((label, axis) => (kept.includes(label) ? [] : [axis]));
      const whole = missing.length > 0 ? g.node('Unsqueeze', [product, g.ints(missing)]) : product;
      const sizes = labels.map((label) => operand.type.shape[own.indexOf(label)]!);
      const reduced = g.unbroadcast(
        whole,
        sizes.map((dim, axis) => (missing.includes(axis) ? 1 : dim)),
      );
      return onDiagonals(
        g,
        node,
        spread(g, reduced, sizes, () => labels.map((label) => sizeAt(g, operand, own.indexOf(label)))),
        labels.join(''),
        own,
        operand,
      );
    });
  },
});

/** Repeats `x` to sizes, some of which may be known only at run time: then `read` gives each as an int64 list of one element. */
function spread(g: GraphBuilder, x: Value, sizes: Shape, read: () => Value[]): Value {
  return sameShape(x.type.shape, sizes) ? x : g.node('Expand', [x, g.node('Concat', read(), { axis: 0 })]);
}

/** The cotangent of an operand whose labels repeat: on the diagonals that the equation reads, and 0 elsewhere. */
function onDiagonals(g: GraphBuilder, node: Node, slope: Value, labels: string, own: string, operand: Value): Value {
  if (labels.length === own.length) return slope;
  const free = Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ').filter((letter) => !own.includes(letter));
  const [inputs, terms, result] = [[slope], [labels], Array.from(own)];
  for (const [axis, label] of Array.from(own).entries()) {
    if (own.indexOf(label) === axis) continue;
    const size = operand.type.shape[axis]!;
    if (typeof size !== 'number')
      throw new RobencError('unsupported', `Einsum "${node.name}": the gradient of the repeated label "${label}" needs a fixed size, got ${size}.`);
    const other = free.shift()!;
    const ones = Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
    inputs.push(g.cast(g.constant(floats(ones, [size, size])), slope.type.dtype));
    terms.push(`${label}${other}`);
    result[axis] = other;
  }
  return g.node('Einsum', inputs, { equation: `${terms.join(',')}->${result.join('')}` });
}

function parseEquation(text: string, shapes: readonly Shape[]): Equation {
  const [left, right] = text.replaceAll(' ', '').split('->') as [string, string?];
  const terms = left.split(',');
  if (terms.length !== shapes.length) throw new Error(`equation "${text}" has ${terms.length} operands, the node has ${shapes.length}`);
  const free = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ').filter((letter) => !text.includes(letter));
  const covered = terms.map((term, i) => (term.includes('...') ? shapes[i]!.length - (term.length - 3) : 0));
  const most = Math.max(0, ...covered);
  const letters = free.slice(0, most).join('');
  const operands = terms.map((term, i) => term.replace('...', letters.slice(most - covered[i]!)));
  for (const [i, term] of operands.entries())
    if (term.length !== shapes[i]!.length) throw new Error(`operand ${i} ("${terms[i]}") has rank ${shapes[i]!.length}`);
  return { operands, result: right === undefined ? implicitResult(operands, letters) : right.replace('...', letters) };
}

/** Without an arrow: the labels that occur once, in alphabetical order, after those of `...`. */
function implicitResult(operands: readonly string[], letters: string): string {
  const all = operands.join('');
  const once = Array.from(new Set(all)).filter((label) => !letters.includes(label) && all.indexOf(label) === all.lastIndexOf(label));
  return letters + once.sort().join('');
}

function labelSizes(equation: Equation, shapes: readonly Shape[]): Map<string, Dim> {
  const sizes = new Map<string, Dim>();
  for (const [i, term] of equation.operands.entries()) {
    for (const [axis, label] of Array.from(term).entries()) {
      const dim = shapes[i]![axis]!;
      const joined = broadcastDim(sizes.get(label) ?? 1, dim);
      if (joined === null) throw new Error(`label "${label}" has sizes ${sizes.get(label)} and ${dim}`);
      sizes.set(label, joined);
    }
  }
  return sizes;
}
