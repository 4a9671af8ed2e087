/** @file Keys of nodes: equal ones compute the same. */
import type { Attrs, Value } from './value.js';

/** Equal keys mean equal results. null where an attribute holds a tensor: those are compared by nobody. */
export function keyOf(op: string, domain: string, inputs: readonly (Value | null)[], attrs: Attrs, count: number): string | null {
  const names = Object.keys(attrs).sort();
  const parts: string[] = [];
  for (const name of names) {
    const attr = attrs[name]!;
    if (typeof attr === 'object' && 'dtype' in attr) return null;
    parts.push(`${name}=${JSON.stringify(attr)}`);
  }
  return `${domain}.${op}|${inputs.map((value) => value?.id ?? '').join()}|${parts.join()}|${count}`;
}

/** Tells -0 from 0, as their reciprocals differ. */
export function exact(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}
