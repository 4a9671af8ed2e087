/** @file `robenc differentiate`: writes the input gradient of a model as an ONNX file of its own, which any runtime can run. */
import { existsSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { differentiateFile } from '../autodiff/differentiate-file.js';
import { attackLosses } from '../autodiff/losses/index.js';
import { defineCommand } from '../config/command.js';
import { EXIT, messageOf, RobencError } from '../errors.js';
import { readBytes, writeFileAtomic } from '../files.js';
import { referencedWeights } from '../graph/referenced-weights.js';
import { toOnnx, WRITTEN } from '../graph/to-onnx.js';
import { describeType, type Graph } from '../graph/value.js';
import { sha256 } from '../package/digest.js';
import { locateFile, modelsOption } from '../package/locate.js';

export default defineCommand({
  name: 'differentiate',
  summary: 'write the gradient of a loss with respect to inputs or initializers of an ONNX model as one ONNX file',
  details:
    'The file has the inputs of the model, and those of the loss: `label` int64 [batch] (cross-entropy, margin, dlr, targeted-dlr), `target_label` int64 [batch] (targeted-dlr) or ' +
    '`target` [batch, dim] (the others). Its outputs are `loss` [batch], the outputs of the model under their names, and `gradient`, in the shape of the input: that of the sum ' +
    'of the losses, so row i is the gradient of the loss of image i. By several inputs or initializers there is one output `gradient_<name>` each. A node through which no ' +
    'gradient passes is an error that names all of them; --straight-through takes them for copies of their input.',
  examples: [
    'robenc differentiate classifier.onnx --wrt image --loss cross-entropy -o gradient.onnx',
    'robenc differentiate classifier.onnx --wrt image,fc.weight,fc.bias -o gradients.onnx',
    'robenc differentiate quantised.onnx --straight-through Round,Cast --loss margin -o gradient.onnx',
    'robenc differentiate encoder.onnx --loss cosine-to-target --output embedding -o embedding-gradient.onnx',
  ],
  arguments: { model: { description: 'ONNX file' } },
  options: {
    models: modelsOption,
    wrt: {
      type: 'list',
      value: 'name,…',
      default: ['image'],
      description: 'inputs or initializers to differentiate by; `image` also stands for the only image-shaped input',
    },
    loss: {
      type: 'string',
      choices: attackLosses.names,
      default: 'cross-entropy',
      description: attackLosses.entries.map(({ name, summary }) => `${name}: ${summary}`).join('; '),
    },
    output: { type: 'string', value: 'name', description: 'output that the loss is computed on, where the model has several' },
    straightThrough: {
      type: 'list',
      value: 'Op,…',
      description: 'operators to differentiate as if they copied their first input, such as Round or Cast (straight-through, BPDA)',
    },
    out: { type: 'string', short: 'o', value: 'file', required: true, description: 'file to write' },
    force: { type: 'boolean', description: 'overwrite the file' },
  },
  async run({ model, models, wrt, loss, output, straightThrough, out, force }, context) {
    const source = await locateFile(model, { cwd: context.cwd, models });
    const target = resolve(context.cwd, out);
    if (existsSync(target) && !force)
      throw new RobencError('usage', `${out} is already there. Choose another file, or pass --force to overwrite it.`, { field: '--out' });
    const bytes = readBytes(source, 'model');
    const options = { wrt, loss, straightThrough, ...(output === undefined ? {} : { output }) };
    const made = differentiateFile(bytes, options, { folder: dirname(source), source: model });
    const names = Object.keys(made.gradients).join();
    const metadata = { 'robenc.loss': loss, 'robenc.wrt': names, 'robenc.model_sha256': sha256(bytes) };
    const external = referencedWeights(made.graph, dirname(target));
    const written = toOnnx(made.graph, { metadata, ...(external ? { external } : {}) });
    if (external) await writtenForTrial(target, written, refuseUnrunnable);
    else await refuseUnrunnable(written);
    writeFileAtomic(target, written);
    if (external) context.stderr(`Its weights stay in the files of the model, beside which ${out} must lie.`);
    for (const warning of made.warnings) context.stderr(`Warning: ${warning}`);
    const ports = portsOf(made.graph);
    context.result({
      out,
      bytes: written.length,
      opset: WRITTEN.opset,
      loss,
      wrt: names,
      gradients: made.gradients,
      ...ports,
      nodes: made.graph.nodes.length,
      warnings: made.warnings,
    });
    for (const { name, type } of ports.inputs) context.stdout(`input    ${name}: ${type}`);
    for (const { name, type } of ports.outputs) context.stdout(`output   ${name}: ${type}`);
    context.stdout(`wrote    ${out} (${written.length} bytes, opset ${WRITTEN.opset})`);
    return EXIT.done;
  },
});

/** A file that ONNX Runtime does not open is not handed out. */
async function refuseUnrunnable(model: Uint8Array | string): Promise<void> {
  const { openSession } = await import('../runtime/session.js');
  try {
    await (await openSession(model, { device: 'cpu', threads: 1 })).close();
  } catch (cause) {
    throw new RobencError(
      'mismatch',
      `The gradient was made, but ONNX Runtime does not open it, so nothing was written: ${messageOf(cause)}. Please report this model.`,
      { cause },
    );
  }
}

/** What refers to other files is opened where it will lie. */
async function writtenForTrial(target: string, bytes: Uint8Array, use: (path: string) => Promise<void>): Promise<void> {
  const trial = join(dirname(target), `.${basename(target)}.trial.onnx`);
  writeFileAtomic(trial, bytes);
  try {
    await use(trial);
  } finally {
    rmSync(trial, { force: true });
  }
}

function portsOf({ inputs, outputs }: Graph): { inputs: { name: string; type: string }[]; outputs: { name: string; type: string }[] } {
  return {
    inputs: inputs.map(({ name, type }) => ({ name, type: describeType(type) })),
    outputs: outputs.map(({ name, value }) => ({ name, type: describeType(value.type) })),
  };
}
