/** @file Reshaping without moving elements where that is possible: groups of axes that split or merge among themselves keep their places. */
import { divide, elements, multiply, sameShape } from '@robenc/shared/graph/dim.js';
import type { Dim } from '@robenc/shared/graph/value.js';
import type { TraceContext } from './context.js';
import { traced, uniform, type Traced } from './traced.js';

/** Axes from..to of the old shape that become axes from..to of the new one. */
interface Group {
  readonly old: number[];
  readonly fresh: number[];
}

/**
 * `t` in another shape with the same elements in tfjs's order; one size may be -1.
 * Of [n, height, width, channels] stored channels first, [views, images, height, width, channels] is still stored channels first;
 * only a shape that merges axes which lie apart costs a Transpose.
 */
export function reshaped(context: TraceContext, t: Traced, target: readonly Dim[]): Traced {
  const shape = resolved(t.shape, target);
  if (sameShape(shape, t.shape)) return t;
  if (t.value.type.shape.length === 0) return uniform(t.value, shape);
  const full = context.full(t);
  const groups = grouped(context, full.shape, shape);
  const places = groups && inPlaces(full, groups);
  if (!places) return traced(context.reshape(context.plain(full), shape));
  const axes = places.flatMap((group) => group.fresh);
  const value = context.reshape(
    full.value,
    axes.map((axis) => shape[axis]!),
  );
  return traced(
    value,
    shape.map((_, axis) => axes.indexOf(axis)),
  );
}

/** The target with -1 replaced by what is left. */
function resolved(shape: readonly Dim[], target: readonly Dim[]): Dim[] {
  const hole = target.indexOf(-1);
  if (hole < 0) return [...target];
  const rest = target.reduce<Dim>((product, dim, i) => (i === hole ? product : multiply(product, dim)), 1);
  return target.map((dim, i) => (i === hole ? (divide(elements(shape), rest) ?? -1) : dim));
}

/** Matches runs of axes with equal products, or null where the shapes do not divide that way. */
function grouped(context: TraceContext, old: readonly Dim[], fresh: readonly Dim[]): Group[] | null {
  if (old.length === 0 || fresh.length === 0 || old.includes(0)) return null;
  const size = (dim: Dim): number => context.free.numberOf(dim);
  const groups: Group[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < fresh.length) {
    const group: Group = { old: [i], fresh: [j] };
    let [a, b] = [old[i++]!, fresh[j++]!];
    while (a !== b) {
      if (size(a) < size(b) && i < old.length) {
        group.old.push(i);
        a = multiply(a, old[i++]!);
      } else if (size(b) < size(a) && j < fresh.length) {
        group.fresh.push(j);
        b = multiply(b, fresh[j++]!);
      } else return null;
    }
    groups.push(group);
  }
  // Only ones can be left; they join the last group.
  for (; i < old.length; i++) groups.at(-1)!.old.push(i);
  for (; j < fresh.length; j++) groups.at(-1)!.fresh.push(j);
  return groups;
}

/** The groups in the order in which they lie in the value; null where one does not lie together and in order. */
function inPlaces(t: Traced, groups: readonly Group[]): Group[] | null {
  const long = t.perm.filter((_, axis) => t.shape[axis] !== 1).sort((a, b) => a - b);
  const placed = groups.map((group) => {
    const places = group.old.filter((axis) => t.shape[axis] !== 1).map((axis) => long.indexOf(t.perm[axis]!));
    return {
      group,
      together: places.every((place, i) => i === 0 || place === places[i - 1]! + 1),
      place: places.length > 0 ? long[places[0]!]! : t.perm[group.old[0]!]!,
    };
  });
  if (!placed.every(({ together }) => together)) return null;
  return placed.sort((a, b) => a.place - b.place).map(({ group }) => group);
}
