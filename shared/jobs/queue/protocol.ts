/** @file What the two ends of a queue agree on. */

/** The queue of BullMQ; another number where older workers could not do the items, or would do them otherwise. */
export const QUEUE = 'items-1';

/** In a list's space: what all items share, and what one needs. */
export const CONTEXT = 'context';
export const itemName = (item: string): string => `item:${item}`;
export const attachmentName = (sha256: string): string => `attachment:${sha256}`;

/** Of a job. */
export interface ItemJob {
  /** Digest of the context. */
  readonly list: string;
  /** Name and digest of what it needs: the same item of another content is another one. */
  readonly item: string;
  /** The name alone, as the list has it. */
  readonly id: string;
  /** How often it may fail, and how many workers may die at it. */
  readonly tries: number;
}

/** BullMQ takes no colons. */
export const jobIdOf = ({ list, item }: Pick<ItemJob, 'list' | 'item'>): string => `${list.slice(0, 32)}.${item}`;
