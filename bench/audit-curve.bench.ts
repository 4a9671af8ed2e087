/** @file Does the accuracy that one audit gives at every radius agree with that of audits at single radii? */
import { basename, resolve } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { runAudit } from '../audit/runner.js';
import { auditJob } from './audit-job.js';
import { markdownTable, type Bench } from './bench.js';

/** The goal: at most so many points between the two. */
const GOAL = 1;

const bench: Bench = {
  name: 'audit-curve',
  question: 'Does the accuracy that one audit gives at every radius agree with that of audits at single radii?',
  async run({ note, options }) {
    const { models = '', data, levels = '1,2,4,6,8', limit = '200', preset = 'standard' } = options;
    if (models === '' || data === undefined)
      throw new RobencError('usage', 'Give --models=NAME:FILE.onnx,… and --data=DIR, a folder of class folders of images (robenc data write).');
    const epsilons = levels.split(',').map((level) => `${level}/255`);
    const rows: (string | number)[][] = [];
    for (const entry of models.split(',')) {
      const [title, file] = entry.includes(':') ? (entry.split(':', 2) as [string, string]) : [basename(entry), entry];
      const run = async (name: string, radii: readonly string[]) =>
        (await runAudit(await auditJob({ model: resolve(file), data: resolve(data), preset: name, epsilons: radii, limit: Number(limit) }))).report;
      const curve = await run('minimal', epsilons.slice(-1));
      note(`${title}: the curve took ${curve.seconds.toFixed(0)} s`);
      for (const epsilon of epsilons) {
        // One audit each, as audits of several radii take over what a smaller one found.
        const single = await run(preset, [epsilon]);
        const [{ robustCorrect, epsilon: radius }, { images }] = [single.results[0]!, single.data];
        const { standing } = curve.curve!.find((point) => Math.abs(point.epsilon - radius) < 1e-9)!;
        const points = (100 * (standing - robustCorrect)) / images;
        const within = Math.abs(points) <= GOAL ? 'yes' : 'no';
        rows.push([title, epsilon, standing, robustCorrect, points.toFixed(1), within, `${curve.seconds.toFixed(0)} / ${single.seconds.toFixed(0)}`]);
      }
    }
    return `${limit} images, Linf. The curve is that of one audit with the preset minimal at the largest radius; each radius is also audited by itself with the preset ${preset}. Counts are of images that stand.

${markdownTable(['model', 'epsilon', 'curve', preset, 'points apart', `at most ${GOAL}`, 'seconds, curve / single'], rows)}
`;
  },
};

export default bench;
