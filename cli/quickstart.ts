/** @file npm run quickstart: the whole way from images to a served robust encoder, by the same commands that a user would type. */
import { parseArgs } from 'node:util';
import { EXIT, messageOf, RobencError } from '@robenc/shared/errors.js';
import { serveAndAsk } from './quickstart/serving.js';
import { trainAndScore, type Scores } from './quickstart/training.js';
import { describeRun, table } from './quickstart/report.js';

/** What the built-in data set must reach; on data of your own nothing is promised. */
const THRESHOLDS = { gainOverUntrained: 0.15, robustGain: 0.05, parity: 1e-4 } as const;

const HELP = `npm run quickstart [-- options]
  --data DIR   train on your own images (class folders) instead of the built-in data set
  --out DIR    where the runs go (runs/quickstart)
  --models DIR where the model package goes (models)
  --serve      leave the server running at the end
  --port N     port of the server (any free one)
  --seed N     where all chance comes from (0)`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      out: { type: 'string', default: 'runs/quickstart' },
      models: { type: 'string', default: 'models' },
      serve: { type: 'boolean', default: false },
      port: { type: 'string', default: '0' },
      seed: { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return EXIT.done;
  }
  const started = performance.now();
  const scores = await trainAndScore(values);
  const served = await serveAndAsk({ ...values, sample: scores.sample });
  const failures = failuresOf(scores, values.data === undefined);
  const minutes = (performance.now() - started) / 60_000;
  console.log(`\n${table(scores)}\n`);
  console.log(describeRun(scores, served, minutes));
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  console.log(JSON.stringify({ passed: failures.length === 0, failures, minutes, ...scores.summary, served: served.summary }));
  if (values.serve) await served.untilStopped();
  return failures.length === 0 ? EXIT.done : EXIT.belowThreshold;
}

/** Thresholds that were missed, in words. */
function failuresOf({ trained, untrained, parity, trainSummary }: Scores, builtIn: boolean): string[] {
  const failures: string[] = [];
  const worst = Math.max(...parity.map((record) => record.maxRelativeError));
  if (!(worst <= THRESHOLDS.parity)) failures.push(`a graph differs from tfjs by ${worst}, more than ${THRESHOLDS.parity}`);
  if (!builtIn) return failures;
  const gain = trained.clean - untrained.clean;
  if (gain < THRESHOLDS.gainOverUntrained)
    failures.push(
      `training gained ${(100 * gain).toFixed(1)} points of clean accuracy over the untrained encoder, less than ${100 * THRESHOLDS.gainOverUntrained}`,
    );
  const robust = trained.robust - untrained.robust;
  if (robust < THRESHOLDS.robustGain)
    failures.push(`training gained ${(100 * robust).toFixed(1)} points of accuracy under attack, less than ${100 * THRESHOLDS.robustGain}`);
  const { steps, stepsPlanned } = trainSummary;
  if (failures.length > 0 && steps < stepsPlanned)
    failures.push(
      `its time limit ended training after ${steps} of ${stepsPlanned} batches: run it again while the machine has less else to do, or raise maxMinutes in configs/quickstart.json`,
    );
  return failures;
}

try {
  process.exitCode = await main();
} catch (error) {
  const usage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  console.error(usage ? `${error.message}\n${HELP}` : `robenc: ${messageOf(error)}`);
  if (!usage && !(error instanceof RobencError)) console.error(error);
  process.exitCode = usage ? EXIT.usage : EXIT.couldNotRun;
}
