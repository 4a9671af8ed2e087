/** @file `robenc inspect`: what a model takes, gives, is made of and costs, and whether it can be attacked white-box. */
import { dirname } from 'node:path';
import type { GradientPath } from '../autodiff/gradient-paths.js';
import { inspectModel, type Inspection } from '../autodiff/inspect.js';
import { defineCommand, type CommandContext } from '../config/command.js';
import { EXIT } from '../errors.js';
import { readBytes } from '../files.js';
import { describeBlocks } from '../graph/import/unreadable.js';
import { locateFile, modelsOption } from '../package/locate.js';

export default defineCommand({
  name: 'inspect',
  summary: 'show what an ONNX model takes, gives, is made of and costs, and whether gradients pass through it',
  examples: ['robenc inspect model.onnx', 'robenc inspect model.onnx --text', 'robenc inspect model.onnx --json'],
  arguments: { model: { description: 'ONNX file' } },
  options: { models: modelsOption, text: { type: 'boolean', description: 'also print the graph, one node a line' } },
  async run({ model, models, text }, context) {
    const path = await locateFile(model, { cwd: context.cwd, models });
    const { text: graphText, ...inspection } = inspectModel(readBytes(path, 'model'), { source: model, folder: dirname(path) });
    context.result({ model, ...inspection, ...(text ? { text: graphText } : {}) });
    if (!context.json) print(model, inspection, context);
    if (text && graphText !== null && !context.json) context.stdout(`\n${graphText}`);
    return EXIT.done;
  },
});

function print(model: string, inspection: Omit<Inspection, 'text'>, { stdout, stderr }: CommandContext): void {
  const line = (name: string, value: string) => stdout(`${name.padEnd(12)} ${value}`);
  const { graph, problem } = inspection;
  line('model', model);
  line(
    'format',
    `IR ${inspection.irVersion}, ${listed(inspection.opsets, (domain, version) => `${domain} ${version}`)}${inspection.producer === '' ? '' : `, by ${inspection.producer}`}`,
  );
  for (const { name, type } of graph?.inputs ?? []) line('input', `${name}: ${type}`);
  for (const { name, type } of graph?.outputs ?? []) line('output', `${name}: ${type}`);
  const total = Object.values(inspection.operators).reduce((sum, count) => sum + count, 0);
  line('operators', `${total}: ${listed(inspection.operators, (op, count) => `${count} ${op}`)}`);
  line('parameters', `${inspection.parameters.toLocaleString('en-US')}`);
  if (graph) {
    const { parameters, activationsPeak, activationsAll } = graph.memory;
    line('memory', `${megabytes(parameters)} constants; of one image ${megabytes(activationsPeak)} at once, ${megabytes(activationsAll)} for a gradient`);
    for (const path of graph.gradients) line('gradient', gradientText(path));
  }
  for (const [key, value] of Object.entries(inspection.metadata)) line('metadata', `${key}: ${value}`);
  if (problem !== null) stderr(`robenc cannot compute with this model: ${problem}`);
}

function gradientText({ input, output, gradient, blocks, remarks }: GradientPath): string {
  const told = remarks.length === 0 ? '' : `; note ${describeBlocks(remarks)}`;
  const path = `of ${output} by ${input}`;
  if (gradient === 'yes') return `${path}: yes${told}`;
  if (gradient === 'none') return `${path}: none, no path of floats leads from one to the other${told}`;
  return `${path}: blocked by ${describeBlocks(blocks)}${told}`;
}

function listed(counts: Readonly<Record<string, number>>, text: (name: string, count: number) => string): string {
  return Object.entries(counts)
    .map(([name, count]) => text(name, count))
    .join(', ');
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 2 : 0)} MiB`;
}
