/** @file Everything that computes: models with their worker threads, one queue in front of them, and the threads that read images. */
import { RobencError } from '@robenc/shared/errors.js';
import { listPackages } from '@robenc/shared/package/list.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { Dispatcher } from '../batching/dispatcher.js';
import { Preparer } from '../images/preparer.js';
import type { ServedModel } from './model.js';
import { Models, type ServedEntry } from './models.js';
import { modelOfPackage, type RunOptions } from './open-model.js';
import { Probe } from './probe.js';

export interface EngineOptions extends RunOptions {
  readonly modelsFolder: string;
  /** `name` or `name@version`; empty: the latest version of every package. */
  readonly references: readonly string[];
  /** The most rows in a batch. */
  readonly batchRows: number;
  /** Threads that decode and resize images. */
  readonly imageThreads: number;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/** What happened while a graph was opened, worth telling the operator. */
export interface OpenedGraph {
  readonly graph: string;
  readonly device: string;
  readonly notice: string | null;
}

export class Engine {
  readonly models: Models;
  readonly dispatcher: Dispatcher;
  readonly preparer: Preparer;
  readonly probes: readonly Probe[];
  readonly opened: readonly OpenedGraph[];

  private constructor(parts: { models: Models; dispatcher: Dispatcher; preparer: Preparer; probes: readonly Probe[]; opened: readonly OpenedGraph[] }) {
    this.models = parts.models;
    this.dispatcher = parts.dispatcher;
    this.preparer = parts.preparer;
    this.probes = parts.probes;
    this.opened = parts.opened;
  }

  /**
   * Opens the models with all their graphs, runs each once, and keeps what it answered for later probes.
   * Throws what is wrong with the first package that cannot be served; nothing stays open then.
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const entries = await openModels(options);
    const dispatcher = new Dispatcher({ slots: options.workers, batchRows: options.batchRows, now: options.now });
    const preparer = new Preparer({ threads: options.imageThreads });
    try {
      const graphs = entries.flatMap(({ model }) => Object.values(model.graphs));
      const opened = await Promise.all(graphs.map(async (graph) => ({ graph: graph.id, ...(await graph.open()) })));
      const probes = await Promise.all(entries.map(({ model }) => Probe.open(model)));
      return new Engine({ models: new Models(entries), dispatcher, preparer, probes, opened });
    } catch (error) {
      await closeAll(entries, preparer);
      throw error;
    }
  }

  /** Waits for what runs, then ends all threads. */
  close(): Promise<void> {
    return closeAll(this.models.entries, this.preparer);
  }
}

async function openModels({ modelsFolder, references, workers, device }: EngineOptions): Promise<ServedEntry[]> {
  const there = listPackages(modelsFolder);
  const wanted = references.length > 0 ? references : there.filter(({ latest }) => latest).map(({ name }) => name);
  if (wanted.length === 0)
    throw new RobencError('not-found', `There is no model package in ${modelsFolder}. Train and export a model first, or give another folder with --models.`, {
      field: 'models',
    });
  const entries: ServedEntry[] = [];
  for (const reference of wanted) {
    const model = modelOfPackage(await openPackage(modelsFolder, reference), { workers, device });
    if (entries.some((entry) => entry.model.id === model.id)) continue;
    entries.push({ model, latest: there.some(({ name, version, latest }) => latest && name === model.name && version === model.version) });
  }
  return entries;
}

async function closeAll(entries: readonly { readonly model: ServedModel }[], preparer: Preparer): Promise<void> {
  await Promise.allSettled([preparer.close(), ...entries.flatMap(({ model }) => Object.values(model.graphs).map((graph) => graph.close()))]);
}
