/** @file Graphs that are made of those of a package when an attack first needs them, and kept as long as the model is served. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RobencError } from '@robenc/shared/errors.js';
import { openPool } from '@robenc/shared/runtime/pool.js';
import { Thread } from '@robenc/shared/runtime/thread.js';
import { ModelGraph, type Ports } from './graph.js';
import type { MakeRequest } from './make-thread.js';
import { graphOf, type ServedModel } from './model.js';

/** `encoderSlope`: gradients through the encoder; `cropEncoder` and its slope: the same through one crop of the image; `headGradient`: through the aggregate head. */
export type MadeRole = 'encoderSlope' | 'cropEncoder' | 'cropEncoderSlope' | 'headGradient';

const MADE: Readonly<Record<MadeRole, { readonly of: 'encoder' | 'aggregateHead'; readonly ports: Ports }>> = {
  encoderSlope: { of: 'encoder', ports: { inputs: ['image', 'cotangent'], outputs: ['gradient'] } },
  cropEncoder: { of: 'encoder', ports: { inputs: ['image', 'rows', 'columns'], outputs: ['embedding'] } },
  cropEncoderSlope: { of: 'encoder', ports: { inputs: ['image', 'rows', 'columns', 'cotangent'], outputs: ['gradient'] } },
  headGradient: { of: 'aggregateHead', ports: { inputs: ['embedding', 'label'], outputs: ['loss', 'logits', 'gradient'] } },
};

/** Made and opened once. Throws `unsupported` where the model lacks what it is made of, or a node has no gradient. */
export function madeGraph(model: ServedModel, role: MadeRole): Promise<ModelGraph> {
  const known = model.made.get(role);
  if (known !== undefined) return known;
  const making = make(model, role);
  model.made.set(role, making);
  // The next request tries again.
  making.catch(() => model.made.delete(role));
  return making;
}

async function make(model: ServedModel, role: MadeRole): Promise<ModelGraph> {
  const { of, ports } = MADE[role];
  const device = graphOf(model, of).device ?? 'cpu';
  const path = model.path?.(of) ?? null;
  if (path === null) throw new RobencError('unsupported', `${model.id} is a lone file, of which no other graphs are made.`, { field: 'threat' });
  const thread = new Thread(new URL(`./make-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url), 'The thread that makes graphs');
  try {
    const bytes = await thread.call<Uint8Array>('make', { role, path, source: { height: model.input.height, width: model.input.width } } satisfies MakeRequest);
    const workers = of === 'aggregateHead' ? 1 : model.workers;
    const graph = new ModelGraph(`${path}, ${role}`, ports, () => openPool(bytes, { workers, device }));
    await graph.open();
    return graph;
  } finally {
    await thread.close();
  }
}
