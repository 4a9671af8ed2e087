/** @file Which operators do exporters write for image models, how often, and does robenc differentiate through them? */
import * as ort from 'onnxruntime-node';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { differentiateFile } from '@robenc/shared/autodiff/differentiate-file.js';
import { messageOf } from '@robenc/shared/errors.js';
import { isKnown } from '@robenc/shared/graph/import/known.js';
import { operators } from '@robenc/shared/ops/index.js';
import { decodeModel } from '@robenc/shared/proto/decode.js';
import type { NodeProto } from '@robenc/shared/proto/onnx.js';
import { markdownTable, type Bench } from './bench.js';

/** One file, as an exporter wrote it or as ONNX Runtime's optimiser rewrote it. */
interface Counted {
  readonly model: string;
  readonly exporter: string;
  /** How often each operator is in it, functions and bodies of control flow included. */
  readonly operators: ReadonlyMap<string, number>;
  /** Why there is no gradient; null where there is one, undefined where nobody asked. */
  readonly problem: string | null | undefined;
  readonly warnings: readonly string[];
}

const bench: Bench = {
  name: 'operators',
  question: 'Which operators do exporters write for image models, and does robenc differentiate through them?',
  async run({ options, note, scratch }) {
    const folders = (options['models'] ?? '').split(',').filter((folder) => folder !== '');
    if (folders.length === 0)
      throw new Error('Name folders of ONNX files with --models=DIR,DIR: those that bench/peers/make_cases.py and keras_models.py write, for instance.');
    const files = folders.flatMap(modelsIn);
    const differentiated = options['gradients'] !== 'no';
    const written: Counted[] = [];
    const optimised: Counted[] = [];
    for (const [i, file] of files.entries()) {
      written.push(count(file, file, differentiated));
      if (options['optimised'] !== 'no') {
        const target = join(scratch, 'optimised.onnx');
        await optimise(file, target);
        optimised.push(count(file, target, differentiated));
      }
      note(`${i + 1}/${files.length} ${file}: ${written.at(-1)!.problem ?? 'done'}`);
    }
    if (optimised.length === 0) return described('As exported', written);
    return [described('As exported', written), described('As ONNX Runtime’s optimiser saves them (level extended)', optimised)].join('\n\n');
  },
};
export default bench;

function modelsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.onnx') && basename(file) !== 'gradient.onnx')
    .sort()
    .map((file) => join(folder, file));
}

async function optimise(file: string, target: string): Promise<void> {
  const options: ort.InferenceSession.SessionOptions = { graphOptimizationLevel: 'extended', optimizedModelFilePath: target, logSeverityLevel: 3 };
  await (await ort.InferenceSession.create(file, options)).release();
}

/** Counts the operators of `path`, which was made from `file`, and differentiates it by its image. */
function count(file: string, path: string, differentiated: boolean): Counted {
  const model = decodeModel(readFileSync(path), file);
  const operators = new Map<string, number>();
  const local = new Set(model.functions.map(({ domain, name }) => `${domain}.${name}`));
  const walk = (nodes: readonly NodeProto[]): void => {
    for (const node of nodes) {
      const domain = node.domain === 'ai.onnx' ? '' : node.domain;
      const name = domain === '' ? node.opType : `${domain}.${node.opType}`;
      if (!local.has(`${node.domain}.${node.opType}`)) operators.set(name, (operators.get(name) ?? 0) + 1);
      for (const { g, graphs } of node.attribute) for (const body of g ? [g, ...graphs] : graphs) walk(body.node);
    }
  };
  walk(model.graph!.node);
  for (const { node } of model.functions) walk(node);
  const about = { model: basename(dirname(file)), exporter: exporterOf(file), operators };
  if (!differentiated) return { ...about, problem: undefined, warnings: [] };
  try {
    const input = model.graph!.input.find(({ name }) => model.graph!.initializer.every((tensor) => tensor.name !== name))!.name;
    const output = model.graph!.output[0]!.name;
    const { warnings } = differentiateFile(path, { wrt: input, loss: 'l2-to-target', output });
    return { ...about, problem: null, warnings };
  } catch (error) {
    return { ...about, problem: messageOf(error), warnings: [] };
  }
}

/** What case.json beside a file says, and else the folder's name behind its last dash. */
function exporterOf(file: string): string {
  const beside = join(dirname(file), 'case.json');
  const said = existsSync(beside) ? (JSON.parse(readFileSync(beside, 'utf8')) as { exporter?: string }).exporter : undefined;
  return said ?? basename(dirname(file)).split('-').at(-1)!;
}

function described(title: string, models: readonly Counted[]): string {
  const exporters = [...new Set(models.map(({ exporter }) => exporter))].sort();
  const names = [...new Set(models.flatMap(({ operators }) => [...operators.keys()]))];
  const having = (name: string, exporter?: string): number =>
    models.filter((model) => model.operators.has(name) && (exporter === undefined || model.exporter === exporter)).length;
  const total = (name: string): number => models.reduce((sum, { operators }) => sum + (operators.get(name) ?? 0), 0);
  const rows = names
    .map((name) => ({ name, count: having(name), nodes: total(name) }))
    .sort((a, b) => b.count - a.count || b.nodes - a.nodes || (a.name < b.name ? -1 : 1))
    .map(({ name, count, nodes }) => [
      `\`${name}\``,
      count,
      ...exporters.map((exporter) => having(name, exporter)),
      nodes,
      isKnown(operators, name) ? 'yes' : '**no**',
    ]);
  const failed = models.filter(({ problem }) => typeof problem === 'string');
  const asked = models.filter(({ problem }) => problem !== undefined).length;
  const warned = models.filter(({ warnings }) => warnings.length > 0);
  const head = [
    'operator',
    `of ${models.length} models`,
    ...exporters.map((name) => `${name} (${models.filter(({ exporter }) => exporter === name).length})`),
    'nodes',
    'read',
  ];
  const list = (some: readonly Counted[], text: (model: Counted) => string): string => some.map((model) => `- ${model.model}: ${text(model)}`).join('\n');
  return `## ${title}

${asked === 0 ? 'Counted only.' : `${asked - failed.length} of ${asked} files are differentiated by their first input (squared distance of the first output to a target).`}
${failed.length > 0 ? `\n${list(failed, ({ problem }) => problem!)}\n` : ''}${warned.length > 0 ? `\nWith warnings:\n\n${list(warned, ({ warnings }) => warnings.join(' '))}\n` : ''}
${markdownTable(head, rows)}`;
}
