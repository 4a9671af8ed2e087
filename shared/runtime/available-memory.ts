/** @file How much memory this process may still take. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/**
 * Bytes that programs may take before this machine swaps or the system ends one: what Linux says is available, or less where a container allows less.
 * Elsewhere the whole memory, for what the system could give back is not told.
 */
export function availableMemory(): number {
  const limit = process.constrainedMemory();
  const machine = linuxAvailable() ?? totalmem();
  return limit > 0 && limit < totalmem() ? Math.min(machine, limit - process.memoryUsage.rss()) : machine;
}

/** MemAvailable: what is free and what caches would give back. */
function linuxAvailable(): number | null {
  try {
    const line = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'));
    return line === null ? null : Number(line[1]) * 1024;
  } catch {
    return null;
  }
}
