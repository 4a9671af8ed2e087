/** @file How near is the time that an audit predicts to the time that it takes? */
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import type { AuditJob } from '../audit/job.js';
import { runAudit } from '../audit/runner.js';
import { RobencError } from '@robenc/shared/errors.js';
import { auditJob } from './audit-job.js';
import { markdownTable, median, type Bench } from './bench.js';

/** The goal: a prediction within this share of the time. */
const GOAL = 0.3;

/** Seconds that are foretold as "less than"; an audit that takes less is within its word. */
const LEAST = 1;

interface Timed {
  readonly predicted: number;
  readonly taken: number;
}

const bench: Bench = {
  name: 'audit-estimate',
  question: 'How near is the time that an audit predicts to the time that it takes?',
  async run({ note, options }) {
    const { models = '', data, levels = '2,8', limit = '100', repeats = '3', presets = 'quick,standard' } = options;
    if (models === '' || data === undefined)
      throw new RobencError('usage', 'Give --models=NAME:FILE.onnx,… and --data=DIR, a folder of class folders of images (robenc data write).');
    const rows: (string | number)[][] = [];
    for (const entry of models.split(',')) {
      const [title, file] = entry.includes(':') ? (entry.split(':', 2) as [string, string]) : [basename(entry), entry];
      for (const preset of presets.split(','))
        for (const level of levels.split(',')) {
          const times: Timed[] = [];
          for (let i = 0; i < Number(repeats); i++) times.push(await timed({ model: resolve(file), data: resolve(data), preset, level, limit: Number(limit) }));
          const ratio = median(times.map(({ predicted, taken }) => predicted / (predicted === LEAST && taken < LEAST ? LEAST : taken)));
          note(`${title}, ${preset} at ${level}/255: ${ratio.toFixed(2)}`);
          const seconds = (pick: keyof Timed) => median(times.map((one) => one[pick])).toFixed(1);
          rows.push([title, preset, `${level}/255`, seconds('predicted'), seconds('taken'), ratio.toFixed(2), Math.abs(ratio - 1) <= GOAL ? 'yes' : 'no']);
        }
    }
    return `${limit} images, Linf, ${availableParallelism()} workers; medians of ${repeats} audits. Time is taken from the prediction to the end of the last attack.

${markdownTable(['model', 'preset', 'epsilon', 'predicted, s', 'taken, s', 'ratio', 'within 30 %'], rows)}
`;
  },
};

export default bench;

async function timed({ model, data, preset, level, limit }: { model: string; data: string; preset: string; level: string; limit: number }): Promise<Timed> {
  let [predicted, started, ended] = [NaN, 0, 0];
  const job: AuditJob = {
    ...(await auditJob({ model, data, preset, epsilons: [`${level}/255`], limit })),
    progress: () => (ended = performance.now()),
    tell(line) {
      const match = /^Estimated time: (?:about|less than) ([\d.]+) (s|min|h)/.exec(line);
      if (match === null) return;
      predicted = Number(match[1]) * { s: 1, min: 60, h: 3600 }[match[2] as 's' | 'min' | 'h'];
      started = performance.now();
    },
  };
  await runAudit(job);
  return { predicted, taken: (ended - started) / 1000 };
}
