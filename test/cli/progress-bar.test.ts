/** @file The progress bar on terminals and elsewhere. */
import assert from 'node:assert/strict';
import { createProgressBar, duration, progressText } from '../../cli/progress-bar.js';

function recorder(isTTY: boolean) {
  const written: string[] = [];
  const clock = { time: 0 };
  return { written, clock, bar: createProgressBar({ isTTY, columns: 60, write: (text) => written.push(text) }, () => clock.time) };
}

describe('progress bar', () => {
  it('without a terminal writes whole lines, at most one in five seconds, always the first and the last', () => {
    const { written, clock, bar } = recorder(false);
    for (let done = 0; done <= 100; done++, clock.time += 200) bar.show({ label: 'train', done, total: 100 });
    assert.equal(written.length, 5);
    assert.ok(written.every((line) => line.endsWith('\n') && !line.includes('\r')));
    assert.match(written[0]!, /^train 0 % 0\/100\n/);
    assert.match(written.at(-1)!, /^train 100 % 100\/100\n/);
  });

  it('on a terminal rewrites one line that fits, and ends it when the work is done', () => {
    const { written, clock, bar } = recorder(true);
    bar.show({ label: 'train', done: 0, total: 2, note: 'x'.repeat(100) });
    clock.time = 1000;
    bar.show({ label: 'train', done: 1, total: 2 });
    bar.show({ label: 'train', done: 2, total: 2 });
    assert.ok(written.slice(0, 3).every((line) => line.startsWith('\r') && line.length === 60));
    assert.equal(written.at(-1), '\n');
  });

  it('tells the time left from the pace since the work began', () => {
    const text = progressText({ label: 'train', done: 30, total: 100, note: '9 crops/s' }, { seconds: 20, doneBefore: 10, bar: false });
    assert.equal(text, 'train 30 % 30/100 · 9 crops/s · 1 min 10 s left');
    assert.equal(progressText({ label: 'read', done: 7 }, { seconds: 1, doneBefore: 0, bar: true }), 'read 7');
  });

  it('writes durations in words', () => assert.deepEqual([duration(59.4), duration(61), duration(7300)], ['59 s', '1 min 1 s', '2 h 1 min']));
});
