/** @file Values that robenc cannot compute: the reading goes on past them, so that all their reasons can be named at once. */
import { messageOf, RobencError } from '../../errors.js';
import type { Block } from '../operator.js';
import type { Value } from '../value.js';

/** A value of the file that no graph can hold: its own reason, or the values that it would be computed from. */
export class Unreadable {
  constructor(
    readonly block: Block | null,
    readonly from: readonly Unreadable[] = [],
  ) {}
}

/** What a name of the file stands for; null for an optional input that is left out. */
export type Slot = Value | Unreadable | null;

export function isReadable(slot: Slot): slot is Value | null {
  return !(slot instanceof Unreadable);
}

/** The reasons behind some values, in the order of the file, each once. */
export function blocksBehind(values: readonly Unreadable[]): Block[] {
  const seen = new Set<Unreadable>();
  const blocks = new Set<Block>();
  const waiting = [...values];
  while (waiting.length > 0) {
    const value = waiting.pop()!;
    if (seen.has(value)) continue;
    seen.add(value);
    if (value.block) blocks.add(value.block);
    for (const before of value.from) waiting.push(before);
  }
  return [...blocks].reverse();
}

/** `Twist "a", "b" (robenc does not know it); Round "c" (…)`: every node by name, those with one reason together. */
export function describeBlocks(blocks: readonly Block[]): string {
  const groups = new Map<string, { op: string; reason: string; nodes: string[] }>();
  for (const { node, op, reason } of blocks) {
    const key = `${op}|${reason}`;
    const group = groups.get(key) ?? { op, reason, nodes: [] };
    group.nodes.push(`"${node}"`);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ op, reason, nodes }) => `${op} ${nodes.join(', ')} (${reason})`).join('; ');
}

/** What `read` gives; where it meets something that robenc does not do, an unreadable value that says so. */
export function readOr(block: Omit<Block, 'reason'>, read: () => Value): Value | Unreadable {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof RobencError && cause.code === 'unsupported') return new Unreadable({ ...block, reason: reasonOf(cause) });
    throw cause;
  }
}

/** The message of a refusal as a part of another sentence. */
export function reasonOf(error: unknown): string {
  return messageOf(error).replace(/\.$/, '');
}
