/** @file The two drawings of report.html, as SVG. */
import type { AuditRadius, AuditReport } from '@robenc/shared/config/audit.js';
import { lineChart } from '@robenc/shared/charts/lines.js';
import { proportion } from '@robenc/shared/evaluation/intervals.js';
import { epsilonText } from '@robenc/shared/evaluation/robust-accuracy.js';
import { escapeMarkup } from '@robenc/shared/markup.js';

const WIDTH = 640;
/** A row of the waterfall, where its bars begin, and how long they may be. */
const [ROW, LEFT, LONGEST] = [26, 130, 420];

/** One bar for all images, one for those that are right, and one for those that stand after each attack; what fell is shown lighter. */
export function waterfallChart({ images, cleanCorrect, stages }: AuditRadius): string {
  const bars = [
    { name: 'all images', count: images, before: images },
    { name: 'without an attack', count: cleanCorrect, before: images },
    ...stages.map(({ attack, survivors }, i) => ({ name: attack, count: survivors, before: stages[i - 1]?.survivors ?? cleanCorrect })),
  ];
  const length = (count: number) => (images === 0 ? 0 : (LONGEST * count) / images).toFixed(1);
  const rows = bars.map(({ name, count, before }, i) => {
    const y = i * ROW;
    const share = images === 0 ? '' : ` (${((100 * count) / images).toFixed(1)} %)`;
    return `<text x="${LEFT - 8}" y="${y + 16}" text-anchor="end">${escapeMarkup(name)}</text><rect class="fall" x="${LEFT}" y="${y + 4}" width="${length(before)}" height="16"/><rect class="bar" x="${LEFT}" y="${y + 4}" width="${length(count)}" height="16"/><text x="${LEFT + LONGEST + 8}" y="${y + 16}">${count}${share}</text>`;
  });
  const told = bars.map(({ name, count }) => `${name} ${count}`).join(', ');
  return `<svg viewBox="0 0 ${WIDTH} ${bars.length * ROW}" role="img" aria-label="${escapeMarkup(told)}">${rows.join('')}</svg>`;
}

/** Robust accuracy over the radius, with its intervals as a band; radius 0 is the accuracy without an attack. */
export function curveChart({ results, curve = [] }: AuditReport): string {
  const first = results[0]!;
  const points = results
    .filter(({ epsilon }) => epsilon > 0)
    .map(({ epsilon, robustAccuracy, interval }) => ({ at: epsilon, value: robustAccuracy, interval, name: epsilonText(epsilon) }));
  const between = curve
    .filter(({ epsilon }) => epsilon > 0 && points.every(({ at }) => at !== epsilon))
    .map(({ epsilon, standing }) => {
      const { value, low, high } = proportion(standing, first.images);
      return { at: epsilon, value, interval: [low, high] as const, name: null };
    });
  const all = [...points, ...between].sort((a, b) => a.at - b.at);
  return curveOf([{ at: 0, value: first.cleanAccuracy, interval: first.cleanInterval, name: '0' }, ...all]);
}

/** A share in [0,1] at a radius, the band around it, and what is written below it; null: nothing, and no mark. */
export interface CurvePoint {
  readonly at: number;
  readonly value: number;
  readonly interval: readonly [number, number];
  readonly name: string | null;
}

/** A line through points, ascending. */
export function curveOf(points: readonly CurvePoint[]): string {
  const named = points.filter(({ name }) => name !== null);
  return lineChart({
    series: [{ name: '', points: points.map(({ at, value, interval: [low, high] }) => ({ x: at, y: value, low, high })), dots: 'ticks' }],
    x: { from: 0, ticks: named.map(({ at, name }) => ({ at, text: name! })) },
    y: { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, text: `${100 * at} %` })) },
    told: named.map(({ name, value }) => `${name}: ${(100 * value).toFixed(1)} %`).join(', '),
  });
}
