/** @file What does serving cost beside the model, and does the server hold under load? Options: --rows=P1,O2 --window=20 --windows=5 --models=DIR. */
import { markdownTable, type Bench } from './bench.js';
import { openLab } from './serve/lab.js';
import { checkPinning } from './serve/pinned.js';
import { rows } from './serve/rows/index.js';

const bench: Bench = {
  name: 'serve',
  question: 'What does serving cost beside the model, and does the server hold under load?',
  async run(context) {
    checkPinning();
    const wanted = context.options['rows']?.split(',').map((name) => rows.get(name)) ?? rows.entries;
    const lab = await openLab(context);
    const lines: string[][] = [];
    try {
      for (const { name, title, goal, measure } of wanted) {
        context.note(`${name}: ${title}`);
        const { measured, reached } = await measure(lab).finally(() => lab.endRow());
        context.note(`${name}: ${measured} (goal ${goal})`);
        lines.push([name, title, goal, measured, reached === null ? '—' : reached ? 'yes' : '**no**']);
      }
    } finally {
      await lab.close();
    }
    return `The server (HTTP, queue and one worker thread) keeps to one core, and so does the plain loop, \`session.run\` of the same graph in one thread with the best batch of 1, 8 and 32; whoever sends requests has the other core. Both are measured in turn: ${lab.windows} windows of ${lab.window} s each after warming up. Given are the median and, in brackets, the least and the most of the windows. The heavy model is \`resnet18-cifar\`, the light one \`resnet-small\`, 32x32 pixels, and requests are those of the Open Inference Protocol, unless a row says otherwise. Logs are written.

${markdownTable(['row', 'what', 'goal', 'measured', 'reached'], lines)}`;
  },
};
export default bench;
