/** @file Charts: round numbers on axes, points where they belong, nothing that breaks the page. */
import assert from 'node:assert/strict';
import { scaleOf } from '@robenc/shared/charts/axis.js';
import { lineChart } from '@robenc/shared/charts/lines.js';
import { scatterChart } from '@robenc/shared/charts/scatter.js';

describe('axes of charts', () => {
  it('have a few round ticks that cover the values', () => {
    for (const [low, high] of [
      [0, 1],
      [-201.86, -201.79],
      [3, 3],
      [0, 1e-9],
      [-5, 1234567],
    ] as const) {
      const { from, to, ticks } = scaleOf([low, high], {});
      assert.ok(from <= low && to >= high, `${from} to ${to} covers ${low} to ${high}`);
      assert.ok(ticks.length >= 3 && ticks.length <= 8, `${ticks.length} ticks for ${low} to ${high}`);
      assert.ok(ticks.every(({ text }) => text.length <= 9));
      assert.equal(new Set(ticks.map(({ text }) => text)).size, ticks.length, ticks.map(({ text }) => text).join());
    }
  });

  it('keep the ends that they are given', () => {
    const { from, to, ticks } = scaleOf([0.2, 0.3], { from: 0, to: 1, format: (value) => `${100 * value} %` });
    assert.deepEqual([from, to], [0, 1]);
    assert.deepEqual([ticks[0]!.text, ticks.at(-1)!.text], ['0 %', '100 %']);
  });
});

describe('line charts', () => {
  const points = (svg: string) =>
    /<polyline[^>]*points="([^"]*)"/
      .exec(svg)![1]!
      .split(' ')
      .filter((point) => point !== '')
      .map((point) => point.split(',').map(Number) as [number, number]);

  it('draw larger values higher and later ones farther right, within the picture', () => {
    const line = lineChart({
      series: [{ name: '', points: [1, 5, 3].map((y, x) => ({ x, y })) }],
      x: {},
      y: {},
    });
    const [a, b, c] = points(line) as [[number, number], [number, number], [number, number]];
    assert.ok(a[0] < b[0] && b[0] < c[0] && b[1] < c[1] && c[1] < a[1]);
    for (const [x, y] of [a, b, c]) assert.ok(x >= 0 && x <= 640 && y >= 0 && y <= 240);
  });

  it('leave out what is not finite, and draw nothing at all without failing', () => {
    const series = [
      {
        name: '',
        points: [
          { x: 0, y: NaN },
          { x: 1, y: 2 },
          { x: 2, y: Infinity },
        ],
      },
    ];
    assert.equal(points(lineChart({ series, x: {}, y: {} })).length, 1);
    const empty = lineChart({ series: [{ name: 'nothing', points: [] }], x: {}, y: {} });
    assert.doesNotMatch(empty, /NaN|Infinity|undefined/);
  });

  it('thin a hundred thousand points out, keeping their mean', () => {
    const svg = lineChart({ series: [{ name: '', points: Array.from({ length: 100_000 }, (_, x) => ({ x, y: x % 2 })) }], x: {}, y: { from: 0, to: 1 } });
    const drawn = points(svg);
    assert.ok(drawn.length <= 300);
    for (const [, y] of drawn) assert.ok(Math.abs(y - 110) < 1);
  });

  it('name several curves in a legend, escaped', () => {
    const series = ['<b>', 'two'].map((name, i) => ({ name, points: [{ x: 0, y: i }] }));
    const html = lineChart({ series, x: { label: 'a & b' }, y: {} });
    assert.match(html, /class="legend".*&lt;b&gt;.*two/);
    assert.match(html, /a &amp; b/);
    assert.doesNotMatch(html, /<b>/);
  });
});

describe('scatter charts', () => {
  it('have one scale for both axes, and another form for every second group', () => {
    const html = scatterChart({
      groups: [
        {
          name: 'a',
          points: [
            [0, 0],
            [1, 0],
          ],
        },
        { name: 'b', points: [[0, 1]] },
      ],
      x: 'x',
      y: 'y',
      told: 'three points',
    });
    const discs = [...html.matchAll(/<circle[^>]*cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
    const [, x, y] = /<rect[^>]* x="([\d.]+)" y="([\d.]+)"/.exec(html)!.map(Number) as [number, number, number];
    assert.equal(discs.length, 2);
    const across = discs[1]![0] - discs[0]![0];
    const up = discs[0]![1] - (y + 2.2);
    assert.ok(Math.abs(across - up) < 0.3, `${across} across, ${up} up`);
    assert.ok(Math.abs(x + 2.2 - discs[0]![0]) < 0.3);
  });
});
