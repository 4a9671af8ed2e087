/** @file Progress on stderr: one line rewritten on a terminal, a plain line every few seconds elsewhere. */
import type { Progress } from '@robenc/shared/config/progress.js';

/** Where the lines go; `process.stderr` is one. */
export interface LineSink {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const TERMINAL_PERIOD_MS = 100;
const PLAIN_PERIOD_MS = 5_000;
const BAR_WIDTH = 24;

export interface ProgressBar {
  show(report: Progress): void;
  /** Ends the rewritten line, so that other text starts on its own. */
  clear(): void;
}

/** `now` gives milliseconds of any steady clock. The first and the last report of a work are always shown. */
export function createProgressBar(sink: LineSink, now: () => number): ProgressBar {
  const terminal = sink.isTTY === true;
  let label: string | undefined;
  let started = 0;
  let startedAt = 0;
  let shownAt = 0;
  let open = false;
  return {
    show(report) {
      const time = now();
      const fresh = report.label !== label;
      if (fresh) [label, started, startedAt] = [report.label, report.done, time];
      const last = report.total !== undefined && report.done >= report.total;
      if (!fresh && !last && time - shownAt < (terminal ? TERMINAL_PERIOD_MS : PLAIN_PERIOD_MS)) return;
      shownAt = time;
      const text = progressText(report, { seconds: (time - startedAt) / 1000, doneBefore: started, bar: terminal });
      if (!terminal) return void sink.write(`${text}\n`);
      const width = (sink.columns ?? 80) - 1;
      // Spaces to the end of the line wipe what a longer line left there.
      sink.write(`\r${text.slice(0, width).padEnd(width)}`);
      open = true;
      if (last) this.clear();
    },
    clear() {
      if (open) sink.write('\n');
      open = false;
    },
  };
}

/** `train [######------] 25 % 50/200 · 3 min left · note`. */
export function progressText(report: Progress, { seconds, doneBefore, bar }: { seconds: number; doneBefore: number; bar: boolean }): string {
  const { label, done, total, note } = report;
  if (total === undefined || total <= 0) return [`${label} ${done}`, note].filter(Boolean).join(' · ');
  const share = Math.min(1, done / total);
  const filled = Math.round(share * BAR_WIDTH);
  const drawing = bar ? ` [${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]` : '';
  const rate = (done - doneBefore) / seconds;
  const left = done < total && rate > 0 && Number.isFinite(rate) ? `${duration((total - done) / rate)} left` : undefined;
  return [`${label}${drawing} ${Math.floor(share * 100)} % ${done}/${total}`, note, left].filter(Boolean).join(' · ');
}

/** A time in words: `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
