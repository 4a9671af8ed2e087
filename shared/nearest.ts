/** @file The "did you mean" of every message: the known word nearest to a mistyped one. */

/** The candidate nearest to `word` by edit distance, ignoring case, dashes and underscores; undefined when none is near (at most a third of the letters, at least 1). */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(plain(word), plain(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return bestDistance <= Math.max(1, Math.floor(word.length / 3)) ? best : undefined;
}

/** A list longer than this is only shown when nothing in it is near. */
const SHORT_LIST = 6;

/** ` Did you mean "b"? There are: a, b.`, as far as each part helps; empty when there are no candidates. Starts with a space. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  const meant = near === undefined ? '' : ` Did you mean "${near}"?`;
  const listed = candidates.length === 0 || (near !== undefined && candidates.length > SHORT_LIST) ? '' : ` There are: ${[...candidates].sort().join(', ')}.`;
  return meant + listed;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** Insertions, deletions, replacements and swaps of neighbours that make `b` of `a` (optimal string alignment), row by row. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? beforeLast[j - 2]! + 1 : Infinity;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, replaced, swapped));
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
