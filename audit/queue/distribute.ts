/** @file Has the items of an audit done by workers at a queue. */
import { sha256 } from '@robenc/shared/package/digest.js';
import { readQueueAddress } from '@robenc/shared/jobs/queue/address.js';
import { refuseUnreachable } from '@robenc/shared/jobs/queue/connection.js';
import { openQueue } from '@robenc/shared/jobs/queue/submit.js';
import type { Distribute } from '../work/distribute.js';
import { packItem, packShared } from './travel.js';

/** Items that may lie in the queue at once: at most so many, and at most so many bytes of images, at least enough for a few workers. */
const [ITEMS, BYTES, FEW] = [256, 256 * 2 ** 20, 8];

/** Throws `usage` for an address that is none, `unavailable` where no server answers: before anything is done. */
export async function distributeOverQueue({ queue, tries, tell }: { queue: string; tries: number; tell: (line: string) => void }): Promise<Distribute> {
  const address = readQueueAddress(queue);
  await refuseUnreachable(address);
  return async ({ classifier, plan, itemBytes }) => {
    const open = await openQueue({
      address,
      context: packShared({ plan, classifier: sha256(classifier) }),
      attachments: [classifier],
      tries,
      tell,
      workerCommand: `robenc audit worker --queue ${address.text}`,
    });
    return {
      execute: (id, item, signal) => open.execute(id, packItem(item), signal),
      parallel: Math.min(ITEMS, Math.max(FEW, Math.floor(BYTES / itemBytes))),
      close: () => open.close(),
    };
  };
}
