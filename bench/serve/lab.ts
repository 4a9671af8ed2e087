/** @file What the rows work with: packages, servers, plain loops and the generator of requests, made when first asked for. */
import { join } from 'node:path';
import { openPackage } from '@robenc/shared/package/open.js';
import type { BenchContext } from '../bench.js';
import { untrainedPackage } from '../untrained.js';
import { CORES, Pinned } from './pinned.js';
import type { RawAnswer, RawQuestion } from './raw-loop.js';
import { ENCODERS, type Lab, type Raw, type Weight } from './row.js';
import { startServer } from './started.js';

const SIDE = '32';
const OUTPUTS = { classifier: 'logits', gradient: 'loss,logits,gradient' } as const;

export interface OpenLab extends Lab {
  /** Ends what was started for a row. */
  endRow(): Promise<void>;
  close(): Promise<void>;
}

export async function openLab({ options, scratch, note }: BenchContext): Promise<OpenLab> {
  const models = options['models'] ?? join(scratch, 'models');
  const paths = new Map<string, string>();
  for (const weight of ['heavy', 'light'] as const) {
    const opened = await openPackage(await untrainedPackage(ENCODERS[weight], models, scratch));
    for (const graph of ['classifier', 'gradient'] as const) paths.set(`${weight} ${graph}`, opened.path(graph)!);
  }
  const window = Number(options['window'] ?? 20);
  const file = (weight: Weight, graph: keyof typeof OUTPUTS) => paths.get(`${weight} ${graph}`)!;
  const loops = new Map<string, Raw & { close(): Promise<void> }>();
  const kept: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(thing: T): T => {
    kept.push(thing);
    return thing;
  };
  const endRow = async () => {
    for (const thing of kept.splice(0).reverse()) await thing.close();
  };
  const openGenerator = () => new Pinned(CORES.generator, new URL('./generator.ts', import.meta.url));
  const generator = openGenerator();
  return {
    window,
    windows: Number(options['windows'] ?? 5),
    note,
    generator,
    secondGenerator: () => keep(openGenerator()),
    models,
    file,
    raw(weight, graph = 'classifier') {
      const key = `${weight} ${graph}`;
      const loop = loops.get(key) ?? rawLoop(file(weight, graph), OUTPUTS[graph], Math.min(window, 3));
      loops.set(key, loop);
      return loop;
    },
    serve: async (weight, ...flags) => keep(await startServer(models, [ENCODERS[weight]], flags)),
    keep,
    endRow,
    async close() {
      await endRow();
      await Promise.all([generator.close(), ...[...loops.values()].map((loop) => loop.close())]);
    },
  };
}

function rawLoop(path: string, outputs: string, seconds: number): Raw & { close(): Promise<void> } {
  const child = new Pinned(CORES.server, new URL('./raw-loop.ts', import.meta.url), [path, outputs, SIDE]);
  const run = (batch: number, time: number) => child.ask<RawQuestion, RawAnswer>({ batch, seconds: time });
  let best: Promise<number> | null = null;
  const find = async () => {
    const rates: [number, number][] = [];
    for (const batch of [1, 8, 32]) rates.push([batch, (await run(batch, seconds)).rate]);
    return rates.sort((a, b) => b[1] - a[1])[0]![0];
  };
  return { run, best: () => (best ??= find()), close: () => child.close() };
}
