/** @file Max and Min of several tensors. */
import { defineOp, type OpDef } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { largerSize, smallerSize } from './known.js';
import { broadcastType, sameDType } from './elementwise.js';
import { mayBeInfinite } from './finite.js';
import { masked } from './masks.js';

/** The gradient goes to the input that equals the result, to the first where several do. */
export function extremum(op: 'Max' | 'Min'): OpDef {
  return defineOp({
    op,
    infer: (context) => {
      const types = context.inputs.map((_, i) => context.type(i));
      sameDType(types);
      return [broadcastType(types)];
    },
    grad: (g, node, [dy], needs) => {
      const y = node.outputs[0]!;
      let rest: Value = dy!;
      return node.inputs.map((input, i) => {
        if (!needs.slice(i).includes(true)) return null;
        const equal = g.node('Equal', [input!, y]);
        const share = masked(g, rest, equal);
        rest = mayBeInfinite(rest) ? masked(g, rest, g.node('Not', [equal])) : g.sub(rest, share);
        return needs[i] ? g.unbroadcast(share, input!.type.shape) : null;
      });
    },
    known: op === 'Max' ? largerSize : smallerSize,
  });
}
