/** @file robenc verify. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkGraphs, PIXEL_KINDS } from '@robenc/export/report/checks.js';
import { verificationPage, worstByGraph, type VerificationReport } from '@robenc/export/report/document.js';
import { rangeOption, readRange, readSize, tf2onnxOptions } from '@robenc/export/tfjs/options.js';
import { defineCommand, type CommandContext } from '@robenc/shared/config/command.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { listDevices, type DeviceReport } from '@robenc/shared/runtime/list-devices.js';
import type { DeviceName } from '@robenc/shared/runtime/types.js';
import { runtimeVersion } from '@robenc/shared/runtime/session.js';
import { version } from '@robenc/shared/version.js';
import { verificationSubjects } from '../run/verification.js';

export default defineCommand({
  name: 'verify',
  summary: 'compare every graph of a package, or of a TensorFlow.js model, with tfjs itself: values and gradients',
  details:
    'Over batch sizes, extreme images (0, 1, one grey, noise) and every device that works here. Exits with 1 on a mismatch; --out writes verification.json and verification.html. ' +
    '--against tf2onnx has Python’s tf2onnx convert the same TensorFlow.js graph model, and compares both graphs with tfjs and with each other. `robenc models verify` checks a package without what it was made of.',
  examples: [
    'robenc verify demo --source runs/demo --out runs/demo/verification',
    'robenc verify mobilenet/model.json --against tf2onnx --python tf2onnx/bin/python',
  ],
  arguments: {
    model: { description: 'name, name@version or name@label, or a package folder; or a TensorFlow.js model: model.json, or the folder that holds it' },
  },
  options: {
    models: { type: 'string', value: 'dir', default: 'models', description: 'folder of model packages' },
    source: { type: 'string', value: 'dir', description: 'packages: the training run that it was made of' },
    against: { type: 'string', choices: ['tfjs', 'tf2onnx'], default: 'tfjs', description: 'what to compare with; tf2onnx comes on top of tfjs' },
    batch: { type: 'list', value: 'n', default: ['1', '2', '5'], description: 'batch sizes' },
    pixels: { type: 'list', value: 'kind', choices: PIXEL_KINDS, default: PIXEL_KINDS, description: 'what images hold' },
    device: { type: 'list', value: 'name', choices: ['cpu', 'cuda', 'webgpu'], description: 'only these devices; all that work without it' },
    tolerance: { type: 'number', minimum: 0, maximum: 1, default: 1e-4, description: 'greatest relative error that passes' },
    seed: { type: 'number', integer: true, minimum: 0, default: 0, description: 'seed of random images' },
    out: { type: 'string', value: 'dir', description: 'folder for verification.json and verification.html' },
    range: rangeOption,
    ...tf2onnxOptions,
  },
  async run(options, context) {
    const batches = options.batch.map(Number);
    if (!batches.every((size) => Number.isInteger(size) && size >= 1 && size <= 1024))
      throw new RobencError('usage', `--batch ${options.batch.join(',')}: give whole numbers from 1 to 1024.`, { field: 'batch' });
    const range = readRange(options.range);
    const { subjects, classes, subject, digest, source } = await verificationSubjects({
      model: options.model,
      models: resolve(context.cwd, options.models),
      source: options.source === undefined ? undefined : resolve(context.cwd, options.source),
      tf2onnx: options.against === 'tf2onnx',
      cwd: context.cwd,
      size: readSize(options.size),
      python: options.python,
      timeoutMs: options.timeout * 1000,
      signal: context.signal,
      tell: (line) => context.stderr(line),
    });
    const devices = await devicesFor(options.device);
    const checks = await checkGraphs(subjects, {
      batches,
      pixels: options.pixels,
      devices: devices.filter(({ works }) => works).map(({ name }) => name),
      classes,
      ...(range && { range }),
      tolerance: options.tolerance,
      seed: options.seed,
      signal: context.signal,
      progress: (done, total, what) => context.progress({ label: 'verify', done, total, note: what }),
    });
    const report: VerificationReport = {
      schemaVersion: 1,
      subject,
      digest,
      source,
      createdAt: new Date().toISOString(),
      producer: { name: 'robenc', version },
      runtime: `onnxruntime-node ${runtimeVersion()}`,
      seed: options.seed,
      tolerance: options.tolerance,
      devices,
      checks,
      passed: checks.every(({ passed }) => passed),
    };
    tell(report, context);
    if (options.out !== undefined) {
      const folder = resolve(context.cwd, options.out);
      mkdirSync(folder, { recursive: true });
      writeFileAtomic(join(folder, 'verification.json'), `${JSON.stringify(report, null, 2)}\n`);
      writeFileAtomic(join(folder, 'verification.html'), verificationPage(report));
      context.stdout(`Wrote ${join(folder, 'verification.html')}`);
    }
    context.result(report);
    return report.passed ? EXIT.done : EXIT.belowThreshold;
  },
});

/** All devices and what was found of each; only those that were asked for, which must then work, where some were. */
async function devicesFor(asked: readonly string[]): Promise<readonly DeviceReport[]> {
  return asked.length === 0 ? listDevices() : asked.map((name) => ({ name: name as DeviceName, works: true, detail: 'asked for', remedy: null }));
}

function tell({ checks, devices, passed, subject }: VerificationReport, context: CommandContext): void {
  for (const { name, works, detail } of devices) if (!works) context.stderr(`${name} is left out: ${detail}`);
  for (const { graph, against, device, count, failed, maxRelativeError, batch, pixels } of worstByGraph(checks)) {
    const worst = `${maxRelativeError.toExponential(1)} at worst (batch ${batch}, ${pixels})`;
    context.stdout(`${graph} on ${device} against ${against}: ${failed === 0 ? `${count} checks passed` : `${failed} of ${count} checks FAILED`}, ${worst}`);
  }
  context.stdout(passed ? `${subject} computes what it was made of.` : `${subject} does not compute what it was made of.`);
}
