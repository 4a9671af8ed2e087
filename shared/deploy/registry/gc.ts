/** @file robenc models gc. */
import { EXIT } from '../../errors.js';
import { collectGarbage } from '../../package/registry.js';
import type { Action } from './action.js';

export const gc: Action = {
  name: 'gc',
  usage: '',
  summary: 'remove what stopped processes left behind, and with --keep old versions without a label',
  run({ models, keep, dryRun, now }, context) {
    const removed = collectGarbage(models, { keep: keep ?? null, dryRun, now });
    for (const { path, reason } of removed) context.stdout(`${dryRun ? 'Would remove' : 'Removed'} ${path}: ${reason}`);
    if (removed.length === 0) context.stdout('Nothing to remove.');
    context.result({ removed, dryRun });
    return Promise.resolve(EXIT.done);
  },
};
