/** @file docs/operators.md: the ONNX operators that robenc knows: operator sets, shapes, gradients, and how they are tested. */
import { readFileSync } from 'node:fs';
import { READ, takenApart } from '@robenc/shared/graph/opset.js';
import type { OpDef } from '@robenc/shared/graph/operator.js';
import { newBuilder, operatorTable } from '@robenc/shared/ops/index.js';
import { inType, isPort, type Sample } from '../../test/shared/ops/sample.js';
import { samples } from '../../test/shared/ops/samples.js';
import { GENERATED, markdownTable, page } from './markdown.js';
import { FORMS } from './operator-forms.js';

export function operatorsPage(): string {
  const sorted = [...operatorTable.entries].sort((a, b) => (a.op < b.op ? -1 : 1));
  const standard = sorted.filter(({ domain = '' }) => domain === '');
  const composites = sorted.filter(({ domain = '' }) => domain !== '');
  const apart = takenApart()
    .filter((name) => !operatorTable.has(name))
    .sort();
  return page(
    '# Operators',
    GENERATED,
    `robenc reads models of the operator sets ${READ.oldest} to ${READ.newest} with these operators, infers their shapes and differentiates through them. A gradient is made of operators of this same list, so it runs wherever the model does.`,
    '*Forms* are the operator sets from which on the operator has a form of its own; all of them are read. *Shapes* shows what one sample infers from its inputs (constants as type and elements). *Gradient* says what is computed, y, and how a cotangent dy comes back. *Tests* counts the samples: in each, shapes are compared with those of ONNX Runtime, and the gradient with a finite difference in a random direction, to the relative error given. ONNX Runtime has kernels for float32 alone where no sample is in float64; a difference of float32 results cannot be told apart below 1e-4.',
    markdownTable(['operator', 'forms', 'shapes', 'gradient', 'tests'], standard.map(rowOf)),
    '## Composites',
    'They stand for several operators inside robenc, and are written out as ONNX operators:',
    markdownTable(
      ['composite', 'shapes', 'gradient', 'tests'],
      composites.map((definition) => rowOf(definition).filter((_, i) => i !== 1)),
    ),
    '## Taken apart when a file is read',
    'These become operators of the list above, through which the gradient goes. Results and gradients are compared with ONNX Runtime running the file itself (`test/shared/graph/fusions.test.ts`, `opset.test.ts`, `test/shared/autodiff/quantized.test.ts`). BiasAdd, BiasDropout, BiasSoftmax, BiasSplitGelu, FusedMatMulActivation, GemmFastGelu, GroupNorm and SkipGroupNorm have kernels for GPUs only, and could not be compared.',
    apart.map((name) => `\`${name}\``).join(', '),
  );
}

/** Throws where operator-forms.ts lacks an operator of ONNX. */
function formsOf({ op, domain = '' }: OpDef): string {
  const forms = FORMS[op];
  if (domain === '' && forms === undefined)
    throw new Error(`docs/pages/operator-forms.ts has no line for ${op}: add the operator sets from which on it has a form of its own.`);
  return (forms ?? []).join(', ');
}

function rowOf(definition: OpDef): string[] {
  const own = samples.filter((sample) => sample.op === definition.op && (sample.domain ?? '') === (definition.domain ?? ''));
  return [
    `\`${definition.op}\``,
    formsOf(definition),
    own[0] ? shapesOf(own[0]) : '',
    `${gradientOf(definition)}${formulaOf(definition.op)}`,
    testsOf(definition, own),
  ];
}

/** `[batch,3,8,8] [4,3,3,3] → [batch,4,6,6]`, as inferred. */
function shapesOf(sample: Sample): string {
  const g = newBuilder();
  const inputs = sample.inputs.map((input, i) => {
    if (input === null) return null;
    return isPort(input) ? g.input(`x${i}`, sample.dtype ?? 'float64', input.shape) : g.constant(inType(input, sample.dtype ?? 'float64'));
  });
  const outputs = g.nodeOutputs(sample.op, inputs, sample.attrs, { domain: sample.domain ?? '', outputs: sample.outputs ?? 1 });
  const given = sample.inputs.map((input) => {
    if (input === null) return '-';
    const shape = `[${input.shape.join()}]`;
    return isPort(input)
      ? shape
      : input.data.length <= 8 && input.shape.length <= 1
        ? `${input.dtype}(${Array.from(input.data as ArrayLike<number>, (x) => Number(Number(x).toPrecision(6))).join()})`
        : `${input.dtype}${shape}`;
  });
  return `${given.join(' ')} → ${outputs.map(({ type }) => `[${type.shape.join()}]`).join(' ')}`.trim();
}

function gradientOf({ grad, parts, blocks, estimated, stochastic }: OpDef): string {
  if (estimated) return `an estimate, ${estimated}: `;
  if (grad ?? parts) return '';
  if (blocks !== undefined) return `no: ${blocks}; `;
  return stochastic ? 'none: whole numbers at random; ' : 'none: its result does not change with small changes of its inputs; ';
}

/** What the operator's own file says it computes. */
function formulaOf(op: string): string {
  const text = readFileSync(new URL(`../../shared/ops/${op}.ts`, import.meta.url), 'utf8');
  const before = text.slice(0, text.indexOf('export default'));
  const comments = [...before.matchAll(/\/\*\*([\s\S]*?)\*\//g)];
  const last = comments.length > 1 ? comments.at(-1)![1]! : '';
  return last
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s?/, '').trim())
    .filter(Boolean)
    .join(' ')
    .replaceAll(/\s+/g, ' ');
}

function testsOf({ grad, parts, estimated }: OpDef, own: readonly Sample[]): string {
  const shapesOnly = (sample: Sample): boolean => !(grad ?? parts) || estimated !== undefined || sample.through?.length === 0 || !sample.inputs.some(isPort);
  const counts = new Map<string, number>();
  for (const sample of own) {
    const dtype = sample.dtype ?? 'float64';
    const kind = shapesOnly(sample) ? 'shapes' : `${dtype} ${(sample.tolerance ?? (dtype === 'float64' ? 1e-6 : 1e-4)).toExponential()}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} × ${kind}`).join(', ');
}
