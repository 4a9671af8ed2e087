/** @file Reverse-mode differentiation of a graph under construction: adds the nodes that compute vector-Jacobian products. */
import { RobencError } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import { describeBlocks, reasonOf } from '../graph/import/unreadable.js';
import type { Block, GradRule } from '../graph/operator.js';
import { describeType, floats, isFloat, numbersOf, type Node, type Value } from '../graph/value.js';
import { assumeFinite } from '../ops/finite.js';
import { blockedNodes, isCopyable, pathBetween, throughCasts, type Path, type PathOptions } from './path.js';

export interface Seed {
  readonly value: Value;
  /** The cotangent of `value`, in its shape. */
  readonly cotangent: Value;
}

/**
 * Adds to `g` the nodes that compute the gradient of sum over seeds of <cotangent, value> with respect to `wrt`.
 *
 * Everything of float16 is differentiated in float32: halves end at 6e-8, and many gradients begin below.
 *
 * @returns one value per entry of `wrt`, in its shape and type (float32 for float16); null where no path of floats leads from it to a seed.
 * @throws RobencError `unsupported` naming every node on such a path through which no gradient passes.
 */
export function gradient(g: GraphBuilder, seeds: readonly Seed[], wrt: readonly Value[], options: PathOptions = {}): (Value | null)[] {
  const { slopes, blocks } = tryGradient(g, seeds, wrt, options);
  if (blocks.length > 0) throw blocked(blocks);
  return slopes;
}

/** The same, with the nodes through which no gradient passes in place of an error: operators without a rule, and rules that refuse a node as it is. */
export function tryGradient(
  g: GraphBuilder,
  seeds: readonly Seed[],
  wrt: readonly Value[],
  options: PathOptions = {},
): { readonly slopes: (Value | null)[]; readonly blocks: readonly Block[] } {
  const targets = seeds.map((seed) => seed.value);
  const wide = pathBetween(g.operators, g.nodes, wrt, targets, throughCasts(options));
  const blocks = blockedNodes(g.operators, wide, options);
  const path = blocks.size > 0 ? wide : pathBetween(g.operators, g.nodes, wrt, targets, options);
  const refuse = (node: Node, reason: string): void =>
    void blocks.set(node, { node: node.name, op: node.op, reason, copyable: isCopyable(node) && !options.straightThrough?.has(node.op) });
  const slopes = sweep(g, seeds, wrt, path, options, { blocked: new Set(blocks.keys()), refuse });
  // In the order of the graph.
  return { slopes, blocks: wide.nodes.flatMap((node) => blocks.get(node) ?? []) };
}

/** Nodes that are known to have no rule, and what to do where a rule refuses. */
interface Obstacles {
  readonly blocked: ReadonlySet<Node>;
  refuse(node: Node, reason: string): void;
}

/** Walks a path backwards. Behind an obstacle it goes on with ones, so that the obstacles there are found too. */
function sweep(g: GraphBuilder, seeds: readonly Seed[], wrt: readonly Value[], path: Path, options: PathOptions, obstacles?: Obstacles): (Value | null)[] {
  const cotangents = new Map<Value, Value>();
  const accumulate = (value: Value, cotangent: Value): void => {
    const before = cotangents.get(value);
    const sum = before ? g.add(before, cotangent) : cotangent;
    if (options.finite) assumeFinite(sum);
    cotangents.set(value, sum);
  };
  for (const { value, cotangent } of seeds) accumulate(value, wide(g, cotangent));
  for (const node of [...path.nodes].reverse()) {
    const dy = node.outputs.map((output) => cotangents.get(output) ?? null);
    if (dy.every((cotangent) => cotangent === null)) continue;
    const needs = node.inputs.map((input) => input !== null && path.values.has(input));
    const rule = options.straightThrough?.has(node.op) ? copied : (g.operators.find(node.op, node.domain)?.grad ?? throughParts);
    const dx = obstacles?.blocked.has(node) ? null : attempt(() => rule(g, widened(g, node), dy, needs), node, obstacles);
    for (const [i, input] of node.inputs.entries()) {
      if (!input || !needs[i]) continue;
      const cotangent = dx ? dx[i] : g.expand(g.scalar(1), input.type.shape, input);
      if (cotangent) accumulate(input, cotangent);
    }
  }
  return wrt.map((value) => cotangents.get(value) ?? null);
}

/** What a rule gives; null where it refuses and somebody listens. */
function attempt<T>(rule: () => T, node: Node, obstacles: Obstacles | undefined): T | null {
  try {
    return rule();
  } catch (cause) {
    // Rules throw plain errors, as shape rules do.
    const refusal = cause instanceof RobencError ? cause.code === 'unsupported' : cause instanceof Error && cause.constructor === Error;
    if (!obstacles || !refusal) throw cause;
    obstacles.refuse(node, reasonOf(cause));
    return null;
  }
}

/** Makes the results once more of simpler operators, and differentiates these by each input with the others held. */
const throughParts: GradRule = (g, node, dy, needs) => {
  const parts = g.operators.find(node.op, node.domain)!.parts!(g, node);
  const seeds = dy.flatMap((cotangent, i) => (cotangent ? [{ value: parts[i]!, cotangent }] : []));
  const wrt = [...new Set(node.inputs.filter((input, i): input is Value => needs[i]! && input !== null))];
  const options = { independent: true };
  const targets = seeds.map((seed) => seed.value);
  const slopes = sweep(g, seeds, wrt, pathBetween(g.operators, g.nodes, wrt, targets, options), options);
  // An input that stands in two places gets its whole cotangent in the first.
  return node.inputs.map((input, i) => (needs[i] && node.inputs.indexOf(input) === i ? slopes[wrt.indexOf(input!)]! : null));
};

/** The node as its rule sees it: halves as float32, computed from the values that the model computes. */
function widened(g: GraphBuilder, node: Node): Node {
  const halves = [...node.inputs, ...node.outputs].some((value) => value?.type.dtype === 'float16');
  if (!halves) return node;
  const inputs = node.inputs.map((value) => value && wide(g, value));
  return { ...node, inputs, outputs: wideOutputs(g, node, inputs) };
}

/**
 * The results once more, in float32. A rule may ask where a result equals an input: of two halves one might be rounded and the other not, since ONNX Runtime
 * drops casts to float16 and back between kernels that it runs in float32. What no rule looks at falls away.
 */
function wideOutputs(g: GraphBuilder, node: Node, inputs: readonly (Value | null)[]): readonly Value[] {
  const same = g.operators.find(node.op, node.domain)?.stochastic || node.op === 'Cast' || !inputs.some((value, i) => value !== node.inputs[i]);
  if (same) return node.outputs.map((value) => wide(g, value));
  return g.nodeOutputs(node.op, inputs, node.attrs, { domain: node.domain, outputs: node.outputs.length });
}

/** A half as float32; constants that rules may want to look at stay constants. */
function wide(g: GraphBuilder, value: Value): Value {
  if (value.type.dtype !== 'float16') return value;
  if (value.data && value.data.data.length <= SMALL) return g.constant(floats(numbersOf(value.data), value.data.shape));
  return g.cast(value, 'float32');
}

const SMALL = 64;

/** y is taken for its first input;  dx = dy */
const copied: GradRule = (g, node, [dy]) => {
  const x = node.inputs[0]!;
  const y = node.outputs[0]!;
  if (!isCopyable(node))
    throw new RobencError(
      'unsupported',
      `${node.op} "${node.name}" changes ${describeType(x.type)} to ${describeType(y.type)}: it cannot be taken for a copy of its input.`,
    );
  const cotangent = g.unbroadcast(dy!, x.type.shape);
  return [isFloat(x.type.dtype) ? g.cast(cotangent, x.type.dtype) : cotangent];
};

function blocked(blocks: readonly Block[]): RobencError {
  const [these, them, copies] = blocks.length === 1 ? ['this node', 'it', 'a copy of its input'] : ['these nodes', 'them', 'copies of their inputs'];
  const names = [...new Set(blocks.map((block) => block.op))].join();
  const straight = blocks.every(({ copyable }) => copyable) ? `, or take ${them} for ${copies} with --straight-through ${names}` : '';
  return new RobencError(
    'unsupported',
    `No gradient passes through ${describeBlocks(blocks)}. Cut the model before ${these}${straight === '' ? ' or' : ','} replace ${them}${straight}.`,
    { field: 'straight-through' },
  );
}

/** A cotangent of ones in the shape of `value`: differentiates its sum. */
export function onesLike(g: GraphBuilder, value: Value): Value {
  if (!isFloat(value.type.dtype)) throw new RobencError('bad-input', `A gradient of ${describeType(value.type)} was asked for: only floats have one.`);
  return g.expand(g.scalarLike(1, value), value.type.shape, value);
}
