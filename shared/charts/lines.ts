/** @file Curves as SVG: any number of them over one pair of axes, with bands around them, for light and dark screens and for paper. */
import { escapeMarkup } from '../markup.js';
import { plainNumber, scaleOf, type Axis } from './axis.js';

export interface Point {
  readonly x: number;
  readonly y: number;
  /** A band around the curve. */
  readonly low?: number;
  readonly high?: number;
}

export interface Series {
  /** Empty: not in the legend. */
  readonly name: string;
  /** Ascending in x. Points that are not finite are left out. */
  readonly points: readonly Point[];
  /** A dot at every point (at none), or at those with a tick of the axis below. */
  readonly dots?: 'all' | 'ticks';
}

export interface LineChart {
  readonly series: readonly Series[];
  readonly x: Axis;
  readonly y: Axis;
  /** What it shows, for people who do not see it; by default the last value of each curve. */
  readonly told?: string;
}

const [WIDTH, TOP, HEIGHT, LEFT, RIGHT] = [640, 10, 200, 58, 608];
/** More points than this are averaged in groups: an SVG shows no more. */
const MOST_POINTS = 300;

/** The chart, and its legend where there are several curves. */
export function lineChart({ series, x, y, told }: LineChart): string {
  const drawn = series.map((one) => ({ ...one, points: thinned(one.points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y))) }));
  const all = drawn.flatMap(({ points }) => points);
  const across = scaleOf(
    all.map((point) => point.x),
    { from: Math.min(0, ...all.map((point) => point.x)), to: Math.max(...all.map((point) => point.x), 1e-9), ...x },
    6,
  );
  const up = scaleOf(
    all.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
    y,
  );
  const px = (value: number) => (LEFT + ((RIGHT - LEFT) * (value - across.from)) / (across.to - across.from)).toFixed(1);
  const py = (value: number) => (TOP + HEIGHT * (1 - (value - up.from) / (up.to - up.from))).toFixed(1);
  const grid = up.ticks.map(
    ({ at, text }) =>
      `<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${py(at)}" y2="${py(at)}"/><text class="soft" x="${LEFT - 6}" y="${Number(py(at)) + 4}" text-anchor="end">${escapeMarkup(text)}</text>`,
  );
  const below = across.ticks.map(({ at, text }) => `<text x="${px(at)}" y="${TOP + HEIGHT + 18}" text-anchor="middle">${escapeMarkup(text)}</text>`);
  const bands = drawn.map(({ points }) => {
    const banded = points.filter(({ low, high }) => low !== undefined && high !== undefined);
    if (banded.length < 2) return '';
    const outline = [...banded.map((point) => `${px(point.x)},${py(point.high!)}`), ...banded.toReversed().map((point) => `${px(point.x)},${py(point.low!)}`)];
    return `<polygon class="band" points="${outline.join(' ')}"/>`;
  });
  const curves = drawn.map(({ points, dots }, i) => {
    const line = points.map((point) => `${px(point.x)},${py(point.y)}`).join(' ');
    const dotted = points.filter((point) => dots === 'all' || points.length === 1 || (dots === 'ticks' && across.ticks.some(({ at }) => at === point.x)));
    const marks = dotted.map((point) => `<circle class="dot s${i % 10}" cx="${px(point.x)}" cy="${py(point.y)}" r="3.5"/>`).join('');
    return `<polyline class="curve s${i % 10}" points="${line}"/>${marks}`;
  });
  const label = told ?? drawn.map(({ name, points }) => `${name} ends at ${points.length === 0 ? 'nothing' : plainNumber(points.at(-1)!.y)}`).join(', ');
  const height = TOP + HEIGHT + (x.label === undefined ? 30 : 46);
  const caption =
    x.label === undefined ? '' : `<text class="soft" x="${(LEFT + RIGHT) / 2}" y="${height - 6}" text-anchor="middle">${escapeMarkup(x.label)}</text>`;
  const svg = `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeMarkup(label)}">${grid.join('')}${below.join('')}${caption}${bands.join('')}${curves.join('')}</svg>`;
  return legend(drawn.map(({ name }) => name)) + svg;
}

/** Names with the look of their curves or points; nothing for a single one. */
export function legend(names: readonly string[]): string {
  const shown = names.flatMap((name, i) => (name === '' ? [] : [`<span><i class="key s${i % 10}"></i>${escapeMarkup(name)}</span>`]));
  return names.length < 2 || shown.length === 0 ? '' : `<p class="legend">${shown.join(' ')}</p>`;
}

/** Means of groups of neighbours, where there are too many points. */
function thinned(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, group) => {
    const members = points.slice(group * size, (group + 1) * size);
    const mean = (of: (point: Point) => number) => members.reduce((sum, point) => sum + of(point), 0) / members.length;
    return { x: mean((point) => point.x), y: mean((point) => point.y) };
  });
}
