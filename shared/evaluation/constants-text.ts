/** @file The constants of an attack as text. */
import { epsilonText } from './robust-accuracy.js';

/** `steps 20, stepSize 2/255, randomStart true`: fractions as levels of 255 where they are. */
export function constantsText(options: Readonly<Record<string, unknown>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${typeof value === 'number' && !Number.isInteger(value) ? epsilonText(value) : String(value)}`)
    .join(', ');
}
