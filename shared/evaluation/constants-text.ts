/** @file The constants of an attack as text. */
import { epsilonText } from './robust-accuracy.js';

/** Constants that are distances in pixels of [0,1]. */
const DISTANCES: ReadonlySet<string> = new Set(['epsilon', 'stepSize']);

/** `steps 20, stepSize 2/255, randomStart true`: distances as levels of 255 where they are. */
export function constantsText(options: Readonly<Record<string, unknown>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${valueText(name, value)}`)
    .join(', ');
}

function valueText(name: string, value: unknown): string {
  if (typeof value !== 'number') return String(value);
  return DISTANCES.has(name) ? epsilonText(value) : String(Number(value.toPrecision(4)));
}
