/** @file Points in the plane as SVG, in groups that differ in colour and form. */
import { escapeMarkup } from '../markup.js';
import { legend } from './lines.js';

export interface ScatterChart {
  /** At most ten are told apart. */
  readonly groups: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[];
  readonly x: string;
  readonly y: string;
  readonly told: string;
}

const [WIDTH, HEIGHT, EDGE] = [640, 420, 24];

/** Both axes have the same scale, so that distances can be compared. */
export function scatterChart({ groups, x, y, told }: ScatterChart): string {
  const all = groups.flatMap(({ points }) => points);
  const middle = [0, 1].map((axis) => all.reduce((sum, point) => sum + point[axis]!, 0) / Math.max(1, all.length)) as [number, number];
  const farthest = (axis: 0 | 1) => all.reduce((most, point) => Math.max(most, Math.abs(point[axis] - middle[axis])), 1e-12);
  const scale = Math.min((WIDTH / 2 - EDGE) / farthest(0), (HEIGHT / 2 - EDGE) / farthest(1));
  const marks = groups.map(({ points }, group) =>
    points.map((point) => mark(group, WIDTH / 2 + scale * (point[0] - middle[0]), HEIGHT / 2 - scale * (point[1] - middle[1]))).join(''),
  );
  const labels = `<text class="soft" x="${WIDTH / 2}" y="${HEIGHT - 4}" text-anchor="middle">${escapeMarkup(x)}</text><text class="soft" x="12" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 12 ${HEIGHT / 2})">${escapeMarkup(y)}</text>`;
  return `${legend(groups.map(({ name }) => name))}<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeMarkup(told)}">${marks.join('')}${labels}</svg>`;
}

/** Discs and squares take turns, for eyes and printers without colours. */
function mark(group: number, x: number, y: number): string {
  const [left, top] = [x.toFixed(1), y.toFixed(1)];
  if (group % 2 === 0) return `<circle class="dot s${group % 10}" cx="${left}" cy="${top}" r="2.6"/>`;
  return `<rect class="dot s${group % 10}" x="${(x - 2.2).toFixed(1)}" y="${(y - 2.2).toFixed(1)}" width="4.4" height="4.4"/>`;
}
