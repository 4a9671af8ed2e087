/** @file Poolings over the whole image, whose rules are those of reductions over every axis after batch and channels. */
import { defineOp, type GradRule, type OpDef } from '../graph/operator.js';
import type { Value } from '../graph/value.js';

/** x [N, C, sizes…] to [N, C, 1…]. */
export function globalPooling(op: string, grad: GradRule): OpDef {
  return defineOp({
    op,
    infer: (context) => {
      const { dtype, shape } = context.type(0);
      if (shape.length < 3) throw new Error('the input needs batch, channels and at least one more axis');
      return [{ dtype, shape: shape.map((dim, i) => (i < 2 ? dim : 1)) }];
    },
    grad,
  });
}

/** The axes after batch and channels. */
export function imageAxes(x: Value): number[] {
  return x.type.shape.flatMap((_, i) => (i < 2 ? [] : [i]));
}
