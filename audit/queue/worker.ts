/** @file Does the items of audits that other machines submit to a queue. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readQueueAddress } from '@robenc/shared/jobs/queue/address.js';
import { workQueue, type Handler } from '@robenc/shared/jobs/queue/work.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { sha256 } from '@robenc/shared/package/digest.js';
import type { DeviceRequest } from '@robenc/shared/runtime/types.js';
import { openEngine } from '../work/engine.js';
import { packResult } from '../work/result.js';
import { unpackItem, unpackShared } from './travel.js';

export interface WorkerJob {
  readonly queue: string;
  /** Items under way at once, and threads that compute. */
  readonly workers: number;
  readonly device: DeviceRequest;
  readonly leaseSeconds: number;
  /** A folder that keeps classifiers by their digest. */
  readonly cache: string | undefined;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/** Works until the signal fires. @returns how many items were done. Throws `usage` for an address that is none, `unavailable` where no server answers. */
export async function workAtQueue({ queue, workers, device, leaseSeconds, cache, signal, tell }: WorkerJob): Promise<number> {
  const address = readQueueAddress(queue);
  let done = 0;
  await workQueue({
    address,
    parallel: workers,
    leaseSeconds,
    signal,
    tell,
    ready: () => tell(`Working at ${address.text}, ${workers} items at once. Stop with Ctrl-C: items under way go back to the queue.`),
    done: () => (done += 1),
    async open(context, fetch): Promise<Handler> {
      const { plan, classifier } = unpackShared(context);
      const bytes = await cached(cache, classifier, fetch);
      const engine = await openEngine(fromOnnx(bytes, { source: `the classifier ${classifier.slice(0, 12)}` }), plan, { workers, device });
      if (engine.notice !== null) tell(engine.notice);
      tell(`Audit of the classifier ${classifier.slice(0, 12)}, on ${engine.device}.`);
      return {
        run: async (_, payload, stop) => packResult(await engine.run(unpackItem(payload), stop)),
        close: () => engine.close(),
      };
    },
  });
  return done;
}

/** From the folder where it holds the right bytes, else from the queue. */
async function cached(folder: string | undefined, digest: string, fetch: (digest: string) => Promise<Uint8Array>): Promise<Uint8Array> {
  if (folder === undefined) return fetch(digest);
  const path = join(folder, `${digest}.onnx`);
  try {
    const bytes = readFileSync(path);
    if (sha256(bytes) === digest) return bytes;
  } catch {
    // Not there yet.
  }
  const bytes = await fetch(digest);
  writeFileAtomic(path, bytes);
  return bytes;
}
