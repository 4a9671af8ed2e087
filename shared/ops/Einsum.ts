/** @file Einsum. */
import { RobencError } from '../errors.js';
import { broadcastDim } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Dim, Shape, Value } from '../graph/value.js';
import { textAttr } from './attributes.js';
import { sameDType } from './elementwise.js';

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
      if (new Set(own).size !== own.length)
        throw new RobencError('unsupported', `Einsum "${node.name}": no gradient of an operand with a repeated label ("${own}").`);
      const others = operands.flatMap((_, j) => (j === i ? [] : [j]));
      const present = new Set([equation.result, ...others.map((j) => equation.operands[j]!)].join(''));
      const kept = Array.from(own).filter((label) => present.has(label));
      const terms = [equation.result, ...others.map((j) => equation.operands[j]!)];
      const product = g.node('Einsum', [dy!, ...others.map((j) => operands[j]!)], { equation: `${terms.join(',')}->${kept.join('')}` });
      // Labels that only this operand has were summed over: every place gets the same.
      const missing = Array.from(own).flatMap((label, axis) => (present.has(label) ? [] : [axis]));
      const whole = missing.length > 0 ? g.node('Unsqueeze', [product, g.ints(missing)]) : product;
      return g.expand(
        g.unbroadcast(
          whole,
          operand.type.shape.map((dim, axis) => (missing.includes(axis) ? 1 : dim)),
        ),
        operand.type.shape,
        operand,
      );
    });
  },
});

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
