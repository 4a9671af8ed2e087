/** @file Whether a value can be infinite although what the model is fed is not: where a quotient, a power or a logarithm has a pole. */
import { numbersOf, type Node, type Value } from '../graph/value.js';

/** With results that are finite whatever they read. */
const BOUNDED = new Set([
  'And',
  'ArgMax',
  'ArgMin',
  'Equal',
  'Erf',
  'Greater',
  'GreaterOrEqual',
  'HardSigmoid',
  'Less',
  'LessOrEqual',
  'LogSoftmax',
  'Not',
  'OneHot',
  'Or',
]);
for (const op of ['Shape', 'Sigmoid', 'Sign', 'Size', 'Softmax', 'Softsign', 'Tanh']) BOUNDED.add(op);

/** With a pole at some finite number. */
const POLES = new Set(['Atanh', 'Log', 'LogDetInverse', 'ReduceLogSum', 'Tan']);

type Answer = 'constant' | 'finite' | 'open';
const answers = new WeakMap<Value, Answer>();

/** Says of a value that its maths keeps it finite, such as a quotient with a floor under its divisor. */
export function assumeFinite(value: Value): void {
  answers.set(value, 'finite');
}

/** Overflow aside. Follows the value back to where the answer is known, each node once. */
export function mayBeInfinite(value: Value): boolean {
  const stack = [value];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const unknown = answers.has(top) ? [] : (top.node?.inputs ?? []).filter((input): input is Value => input !== null && !answers.has(input));
    if (unknown.length > 0) stack.push(...unknown);
    else {
      stack.pop();
      if (!answers.has(top)) answers.set(top, answerOf(top));
    }
  }
  return answers.get(value) === 'open';
}

function answerOf({ node, data }: Value): Answer {
  if (!node) return data ? 'constant' : 'finite';
  const inputs = node.inputs.flatMap((input) => (input ? [answers.get(input)!] : []));
  // What a model has learnt divides by nothing that is 0, or the model itself would be infinite.
  if (inputs.length > 0 && inputs.every((input) => input === 'constant')) return 'constant';
  if (BOUNDED.has(node.op)) return 'finite';
  return hasPole(node) || inputs.includes('open') ? 'open' : 'finite';
}

function hasPole({ op, inputs: [a, b] }: Node): boolean {
  if (op === 'Div') return !isAwayFromZero(b!);
  if (op === 'Reciprocal') return !isAwayFromZero(a!);
  if (op === 'Pow') return !b?.data || numbersOf(b.data).some((x) => x < 0);
  return POLES.has(op);
}

/** A constant without zeros; something with a floor; the root of a sum with a positive constant, such as a variance and its epsilon; what is 1 in place of 0. */
function isAwayFromZero({ data, node }: Value): boolean {
  if (data) return numbersOf(data).every((x) => x !== 0);
  if (node?.op === 'Where') return isEqualToZero(node.inputs[0]!, node.inputs[2]!);
  if (node?.op === 'Max') return node.inputs.some((input) => isPositive(input!));
  if (node?.op !== 'Sqrt') return answers.get(node?.outputs[0] as Value) === 'constant';
  const sum = node.inputs[0]!.node;
  return sum?.op === 'Add' && sum.inputs.some((input) => isPositive(input!));
}

function isPositive({ data }: Value): boolean {
  return data !== null && numbersOf(data).every((x) => x > 0);
}

function isEqualToZero(condition: Value, x: Value): boolean {
  const { node } = condition;
  return node?.op === 'Equal' && node.inputs[0] === x && !!node.inputs[1]?.data && numbersOf(node.inputs[1].data).every((zero) => zero === 0);
}
