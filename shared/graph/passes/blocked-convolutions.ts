/**
 * @file Convolutions by filters that are fed, as in training, and the gradients of these filters, in the runtime's own fast form: channels in blocks (NCHWc).
 * By itself ONNX Runtime takes that form for constant filters only. The size of a block is a matter of the processor, and a wrong one gives wrong numbers: see
 * runtime/convolution-block.ts. Graphs in this form are for the process that asked for it, never for a file.
 */
import type { Operators } from '../operator.js';
import type { Graph, Node, Value } from '../value.js';
import { BlockLayout } from './block-layout.js';
import { blockedWeightGradient, isBlockableWeightGradient } from './blocked-weight-gradient.js';
import { rewritten } from './pass.js';

/** The same graph with float32 convolutions in blocks of `block` channels wherever channels (for gradients of filters: images) divide into them; all others stay as they are. */
export function blockConvolutions(graph: Graph, operators: Operators, block: number): Graph {
  return rewritten(graph, operators, (g) => {
    const layout = new BlockLayout(g, block);
    return (node, inputs) => {
      if (isBlockable(node, block)) return [convolution(layout, node, inputs as readonly Value[])];
      if (isBlockableWeightGradient(node, block)) return [blockedWeightGradient(layout, node, inputs as readonly Value[])];
      return null;
    };
  });
}

function isBlockable({ op, domain, inputs, attrs }: Node, block: number): boolean {
  if (op !== 'Conv' || domain !== '') return false;
  const [x, filters] = inputs as readonly [Value, Value];
  const usual = ((attrs['group'] as number | undefined) ?? 1) === 1 && ((attrs['auto_pad'] as string | undefined) ?? 'NOTSET') === 'NOTSET';
  // Constant filters are put in blocks by the runtime itself, once.
  if (!usual || x.type.dtype !== 'float32' || x.type.shape.length !== 4 || filters.data) return false;
  return filters.type.shape.every((size) => typeof size === 'number') && filters.type.shape.slice(0, 2).every((channels) => Number(channels) % block === 0);
}

function convolution(layout: BlockLayout, { attrs, outputs }: Node, [x, filters, bias]: readonly Value[]): Value {
  return layout.out(layout.convolution([layout.into(x!), layout.filters(filters!), ...(bias ? [bias] : [])], attrs, outputs[0]!));
}
