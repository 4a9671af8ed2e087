/** @file Range. */
import { defineOp } from '../graph/operator.js';
import { symbolFor } from './known.js';

/** y = start, start + delta, … before limit; inputs are scalars */
export default defineOp({
  op: 'Range',
  infer: (context) => {
    const { dtype } = context.type(0);
    const sizes = [context.known(0)?.[0], context.known(1)?.[0], context.known(2)?.[0]];
    if (sizes[0] === 0 && sizes[2] === 1 && typeof sizes[1] === 'string') return [{ dtype, shape: [sizes[1]] }];
    if (sizes.some((size) => typeof size === 'string')) return [{ dtype, shape: [symbolFor(`range ${sizes.join(' ')}`)] }];
    const [start, limit, delta] = [0, 1, 2].map((i) => context.numbers(i)[0]!) as [number, number, number];
    if (delta === 0) throw new Error('a step of 0');
    return [{ dtype, shape: [Math.max(0, Math.ceil((limit - start) / delta))] }];
  },
  grad: null,
  blocks: 'its length depends on its inputs',
  known: (context) => {
    const [start, limit, delta] = [context.known(0)?.[0], context.known(1)?.[0], context.known(2)?.[0]];
    if (typeof start !== 'number' || typeof limit !== 'number' || typeof delta !== 'number' || delta === 0) return null;
    const length = Math.max(0, Math.ceil((limit - start) / delta));
    return length <= 1024 ? Array.from({ length }, (_, i) => start + i * delta) : null;
  },
});
