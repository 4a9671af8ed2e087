/** @file What a classifier is fed besides the pixels, from the plan of an audit. */
import type { Batch, ImageId } from '@robenc/shared/attacks/attack.js';
import { cropFeeds } from '@robenc/shared/evaluation/crops.js';
import type { ExtraFeeds } from '@robenc/shared/evaluation/oracle.js';
import { floats, type TensorData } from '@robenc/shared/graph/value.js';
import type { Chunk } from './chunk.js';
import type { FeedPlan } from './plan.js';

export interface Feeds {
  readonly feed: ExtraFeeds;
  /** Before an item: makes known what travels with its images, and starts their chance again, by its name. */
  begin(chunk: Chunk, item: string): void;
}

export function openFeeds(plan: FeedPlan): Feeds {
  if (plan.kind === 'none') return { feed: () => ({}), begin: () => undefined };
  if (plan.kind === 'chunk') return chunkFeeds(plan.shapes);
  if (!plan.random) return { feed: cropFeeds(plan.crops, plan.source), begin: () => undefined };
  return randomCropFeeds(plan);
}

/** Every pass over an image sees other crops; which ones depends on the seed, the image, the item and how many passes there were in it. */
function randomCropFeeds({ crops, source }: FeedPlan & { kind: 'crops' }): Feeds {
  const passes = new Map<ImageId, { item: string; count: number }>();
  return {
    begin: ({ x }, item) => x.ids.forEach((id) => passes.set(id, { item, count: 0 })),
    feed(x) {
      const ids = x.ids.map((id) => {
        const pass = passes.get(id) ?? { item: '', count: 0 };
        pass.count += 1;
        return `${id}\u0001${pass.item}\u0001${pass.count}`;
      });
      // A seed of its own for the batch keeps nothing: these crops never come again.
      return cropFeeds(crops, source)({ ...x, ids });
    },
  };
}

function chunkFeeds(shapes: Readonly<Record<string, readonly number[]>>): Feeds {
  const known = new Map<ImageId, Readonly<Record<string, Float32Array>>>();
  const names = Object.keys(shapes);
  return {
    begin({ x, feeds }) {
      x.ids.forEach((id, row) => {
        const each = names.map((name) => {
          const size = feeds[name]!.length / x.count;
          return [name, feeds[name]!.subarray(row * size, (row + 1) * size)] as const;
        });
        known.set(id, Object.fromEntries(each));
      });
    },
    feed: (x: Batch) =>
      Object.fromEntries(
        names.map((name): [string, TensorData] => {
          const parts = x.ids.map((id) => known.get(id)![name]!);
          const data = new Float32Array(parts.length * (parts[0]?.length ?? 0));
          parts.forEach((part, row) => data.set(part, row * part.length));
          return [name, floats(data, [x.count, ...shapes[name]!])];
        }),
      ),
  };
}
