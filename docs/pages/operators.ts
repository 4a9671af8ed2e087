/** @file docs/operators.md: the ONNX operators that robenc knows, and which pass a gradient. */
import type { OpDef } from '@robenc/shared/graph/operator.js';
import { operatorTable } from '@robenc/shared/ops/index.js';
import { GENERATED, markdownTable, page } from './markdown.js';

export function operatorsPage(): string {
  const sorted = [...operatorTable.entries].sort((a, b) => (a.op < b.op ? -1 : 1));
  const rows = (definitions: readonly OpDef[]) => definitions.map((definition) => [`\`${definition.op}\``, gradientOf(definition)]);
  return page(
    '# Operators',
    GENERATED,
    'robenc reads models with these operators, infers their shapes and differentiates through them. A gradient is made of operators of this same list, so it runs wherever the model does.',
    markdownTable(['ONNX operator', 'gradient'], rows(sorted.filter(({ domain = '' }) => domain === ''))),
    'Composites stand for several operators inside robenc and are written out as ONNX operators:',
    markdownTable(['composite', 'gradient'], rows(sorted.filter(({ domain = '' }) => domain !== ''))),
  );
}

function gradientOf({ grad, blocks }: OpDef): string {
  if (grad !== null) return 'yes';
  return blocks === undefined ? 'none: its result does not change with small changes of its inputs' : `no: ${blocks}`;
}
