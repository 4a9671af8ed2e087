/** @file Where the time of a graph goes in ONNX Runtime, as a table, and what its longest convolutions reach alone, there and in PyTorch. */
import { markdownTable } from './bench.js';

/** What peers/profile_gradient.py prints. */
export interface Profile {
  readonly operators: readonly { readonly op: string; readonly count: number; readonly milliseconds: number }[];
  readonly convolutions: readonly {
    readonly shape: string;
    readonly count: number;
    readonly inGraph: number;
    readonly runtime: number;
    readonly torch: number;
    readonly gflop: number;
  }[];
}

export function profileText(name: string, { operators, convolutions }: Profile): string {
  const total = operators.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const shares = operators
    .slice(0, 10)
    .map(({ op, count, milliseconds }) => [op, count, milliseconds.toFixed(0), `${((100 * milliseconds) / total).toFixed(0)} %`]);
  const alone = convolutions.map(({ shape, count, inGraph, runtime, torch, gflop }) => [
    shape,
    count,
    inGraph.toFixed(1),
    runtime.toFixed(1),
    torch.toFixed(1),
    (gflop / (runtime / 1000)).toFixed(0),
    (gflop / (torch / 1000)).toFixed(0),
  ]);
  const head = [
    'image, filters, strides',
    'times',
    'in the graph, ms each',
    'alone in ONNX Runtime, ms',
    'alone in PyTorch, ms',
    'GFLOP/s',
    'GFLOP/s, PyTorch',
  ];
  return `
## ${name}: where the time goes

${markdownTable(['operator', 'nodes', 'ms', 'share'], shares)}

The convolutions that take longest, beside the same ones alone:

${markdownTable(head, alone)}
`;
}
