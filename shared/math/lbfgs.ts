/** @file L-BFGS: minimises a smooth function from values and gradients alone (Nocedal & Wright, Numerical Optimization, algorithms 7.4 and 7.5). */

export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface LbfgsOptions {
  readonly maxIterations: number;
  /** Stops when the largest gradient component is at most this. */
  readonly tolerance: number;
  /** Called after each iteration; may throw to stop. */
  readonly onIteration?: (iteration: number, value: number) => void;
}

export interface LbfgsResult {
  readonly point: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** Whether the tolerance was reached; else the iterations ran out, or rounding let no step lower the value. */
  readonly converged: boolean;
}

/** Pairs of steps and gradient changes that are remembered. */
const MEMORY = 10;
/** Share of the decrease that the slope promises which a step must achieve (Armijo). */
const SUFFICIENT = 1e-4;

/** The minimum near `start`, which stays as it was. Deterministic. For convex functions the curvature condition holds without a Wolfe search. */
export async function lbfgs(start: Float64Array, evaluate: (point: Float64Array) => Promise<Evaluation>, options: LbfgsOptions): Promise<LbfgsResult> {
  let point: Float64Array = start.slice();
  let current = await evaluate(point);
  const memory: { step: Float64Array; change: Float64Array; inverse: number }[] = [];
  for (let iteration = 0; iteration < options.maxIterations; iteration++) {
    if (largest(current.gradient) <= options.tolerance) return { point, value: current.value, iterations: iteration, converged: true };
    const direction = descent(current.gradient, memory);
    const slope = dot(direction, current.gradient);
    // The first direction is the bare gradient, whose length says nothing about the step; later ones are scaled for a step of 1.
    let length = memory.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    let next = moved(point, direction, length);
    let found = await evaluate(next);
    for (let halvings = 0; !(found.value <= current.value + SUFFICIENT * length * slope); halvings++) {
      if (halvings === 30) return { point, value: current.value, iterations: iteration, converged: false };
      length /= 2;
      next = moved(point, direction, length);
      found = await evaluate(next);
    }
    remember(memory, point, next, current.gradient, found.gradient);
    point = next;
    current = found;
    options.onIteration?.(iteration + 1, current.value);
  }
  return { point, value: current.value, iterations: options.maxIterations, converged: largest(current.gradient) <= options.tolerance };
}

/** -H·gradient by the two loops over the memory. */
function descent(gradient: Float64Array, memory: readonly { step: Float64Array; change: Float64Array; inverse: number }[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const weights: number[] = [];
  for (let i = memory.length - 1; i >= 0; i--) {
    const { step, change, inverse } = memory[i]!;
    weights[i] = inverse * dot(step, direction);
    add(direction, change, -weights[i]!);
  }
  const last = memory.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.inverse * dot(last.change, last.change));
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  memory.forEach(({ step, change, inverse }, i) => add(direction, step, weights[i]! - inverse * dot(change, direction)));
  return direction;
}

function remember(
  memory: { step: Float64Array; change: Float64Array; inverse: number }[],
  from: Float64Array,
  to: Float64Array,
  before: Float64Array,
  after: Float64Array,
): void {
  const step = to.map((value, i) => value - from[i]!);
  const change = after.map((value, i) => value - before[i]!);
  const curvature = dot(step, change);
  if (curvature <= 1e-12 * dot(change, change)) return;
  memory.push({ step, change, inverse: 1 / curvature });
  if (memory.length > MEMORY) memory.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function add(target: Float64Array, other: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += scale * other[i]!;
}

function moved(point: Float64Array, direction: Float64Array, length: number): Float64Array {
  return point.map((value, i) => value + length * direction[i]!);
}

function largest(values: Float64Array): number {
  let result = 0;
  for (const value of values) result = Math.max(result, Math.abs(value));
  return result;
}
