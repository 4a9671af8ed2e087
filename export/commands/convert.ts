/** @file robenc convert. */
import { resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { defineCommand } from '@robenc/shared/config/command.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { convertTfjs } from '../tfjs/convert-model.js';
import { needModelJson, rangeOption, readRange, readSize, tf2onnxOptions } from '../tfjs/options.js';

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
    range: rangeOption,
    ...tf2onnxOptions,
  },
  async run(options, context) {
    const modelJson = needModelJson(context.cwd, options.model);
    const output = resolve(context.cwd, options.output);
    if (existsSync(output) && !options.force)
      throw new RobencError('usage', `${output} is there already. Choose another file, or pass --force to overwrite it.`, { field: 'output' });
    const { bytes, graph, checks } = await convertTfjs({
      modelJson,
      via: options.via,
      size: readSize(options.size),
      range: readRange(options.range),
      python: options.python,
      timeoutMs: options.timeout * 1000,
      signal: context.signal,
      tolerance: 1e-4,
      tell: (line) => context.stderr(line),
    });
    writeFileAtomic(output, bytes);
    for (const { against, maxRelativeError, tolerance } of checks)
      context.stdout(`within ${maxRelativeError.toExponential(1)} of ${against} (at most ${tolerance})`);
    const free = graph.inputs.flatMap(({ type }) => type.shape.filter((dim) => /\*(height|width)$/.test(String(dim))));
    const multiples = free.length === 0 ? '' : `, for images whose heights and widths are multiples of ${Number.parseInt(String(free[0]), 10)}`;
    context.stdout(`Wrote ${output}${multiples}`);
    context.result({ output, via: options.via, checks });
    return EXIT.done;
  },
});
