/** @file One process of the test runner: runs the test files that it is given, one after another, and reports on each. */
import Mocha from 'mocha';
import type { FileReport, Order } from './report.js';

const TEST_LIMIT_MS = 120_000;

/** What `skip` of test/skip.ts leaves on a test or suite. */
interface Skippable {
  readonly skipReason?: string;
  readonly parent?: Skippable | undefined;
}

function reasonOf(runnable: Skippable | undefined): string {
  return runnable === undefined ? 'no reason given' : (runnable.skipReason ?? reasonOf(runnable.parent));
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The stack repeats the message only where the message was there when it was made.
  return error.stack?.includes(error.message) === true ? error.stack : `${error.message}\n${error.stack ?? ''}`;
}

async function runFile(file: string): Promise<FileReport> {
  const started = performance.now();
  const failures: { title: string; text: string }[] = [];
  const skips: { title: string; reason: string }[] = [];
  let passed = 0;
  const mocha = new Mocha({ timeout: TEST_LIMIT_MS, forbidOnly: true, reporter: class {} as unknown as Mocha.ReporterConstructor });
  try {
    mocha.addFile(file);
    await mocha.loadFilesAsync();
    await new Promise<void>((resolve) => {
      const runner = mocha.run(() => resolve());
      runner.on('pass', () => passed++);
      runner.on('fail', (test, error: unknown) => failures.push({ title: test.fullTitle(), text: textOf(error) }));
      runner.on('pending', (test) => skips.push({ title: test.fullTitle(), reason: reasonOf(test) }));
    });
  } catch (error) {
    failures.push({ title: 'the file could not be loaded', text: textOf(error) });
  } finally {
    // Takes its listeners off the process, which would add up over the files.
    mocha.dispose();
  }
  return { file, seconds: (performance.now() - started) / 1000, passed, failures, skips };
}

process.on('message', (order: Order) => {
  if ('end' in order) process.exit(0);
  void runFile(order.file).then((report) => process.send!(report));
});
// The runner is gone: nobody reads what more tests would say.
process.on('disconnect', () => process.exit(1));
