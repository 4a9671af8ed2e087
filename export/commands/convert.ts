/** @file robenc convert. */
import { resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { defineCommand } from '@robenc/shared/config/command.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { exportTfjs } from '../tfjs/export-model.js';
import { modelJsonAt } from '../tfjs/load.js';

export default defineCommand({
  name: 'convert',
  summary: 'convert a TensorFlow.js model to ONNX, compared with tfjs on the way',
  details:
    'Takes model.json with its shards, of layers (Keras) or as a graph (converter). Inputs keep the order of axes of tfjs, [batch,height,width,channels]. The result is compared with tfjs on two images first; a mismatch stops it and nothing is written. ' +
    '--via tf2onnx runs `python -m tf2onnx.convert` instead of the own tracer, for a second opinion; it needs Python with an older TensorFlow and reads graph models only.',
  examples: ['robenc convert mobilenet/model.json -o mobilenet.onnx', 'robenc convert mobilenet -o second.onnx --via tf2onnx --python tf2onnx/bin/python'],
  arguments: { model: { description: 'model.json, or the folder that holds it' } },
  options: {
    output: { type: 'string', short: 'o', value: 'file', required: true, description: 'the ONNX file to write' },
    force: { type: 'boolean', description: 'overwrite the output file' },
    via: { type: 'string', choices: ['trace', 'tf2onnx'], default: 'trace', description: 'who converts' },
    python: { type: 'string', value: 'path', default: 'python3', description: 'tf2onnx: the Python that has it' },
    timeout: { type: 'number', value: 'seconds', minimum: 1, maximum: 86_400, default: 600, description: 'tf2onnx: how long it may take' },
    size: { type: 'string', value: 'HxW', description: 'height and width for a model that leaves them free, e.g. 224x224' },
  },
  async run(options, context) {
    const path = resolve(context.cwd, options.model);
    const modelJson = modelJsonAt(path);
    if (modelJson === null)
      throw new RobencError('not-found', `There is no TensorFlow.js model at ${path}. Give model.json, or the folder that holds it.`, { field: 'model' });
    const output = resolve(context.cwd, options.output);
    if (existsSync(output) && !options.force)
      throw new RobencError('usage', `${output} is there already. Choose another file, or pass --force to overwrite it.`, { field: 'output' });
    const checks = await exportTfjs({
      modelJson,
      output,
      via: options.via,
      size: options.size === undefined ? undefined : readSize(options.size),
      python: options.python,
      timeoutMs: options.timeout * 1000,
      signal: context.signal,
      tolerance: 1e-4,
      tell: (line) => context.stderr(line),
    });
    for (const { against, maxRelativeError, tolerance } of checks)
      context.stdout(`within ${maxRelativeError.toExponential(1)} of ${against} (at most ${tolerance})`);
    context.stdout(`Wrote ${output}`);
    context.result({ output, via: options.via, checks });
    return EXIT.done;
  },
});

function readSize(text: string): { height: number; width: number } {
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(text);
  if (match === null || Number(match[1]) < 1 || Number(match[2]) < 1)
    throw new RobencError('usage', `--size ${text}: give height and width as in 224x224.`, { field: 'size' });
  return { height: Number(match[1]), width: Number(match[2]) };
}
