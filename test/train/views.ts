/** @file How many views of each image the tests give a loss. */
import type { Loss } from '@robenc/train/losses/loss.js';

/** 3, where the loss takes as many: more than a pair shows how it counts pairs. */
export function viewsFor({ views: { least, most } }: Pick<Loss, 'views'>): number {
  return Math.min(Math.max(3, least), most);
}
