/** @file Everything that computes: models with their worker threads, one queue in front of them, and the threads that read images. */
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { goldenCases } from '@robenc/shared/package/golden.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { Dispatcher, type BatchReport } from '../batching/dispatcher.js';
import { Preparer } from '../images/preparer.js';
import type { ServedModel } from './model.js';
import { Models, type ServedEntry } from './models.js';
import { modelOfPackage, type RunOptions } from './open-model.js';
import { Probe } from './probe.js';
import { Shadows, type ShadowReport } from './shadows.js';
import type { Aside, Wanted } from './wanted.js';
import { Wishes } from './wishes.js';

export interface EngineOptions extends RunOptions {
  readonly modelsFolder: string;
  /** `name`, `name@version` or `name@label`; empty: the latest version of every package. */
  readonly references: readonly string[];
  /** The most rows in a batch. */
  readonly batchRows: number;
  /** Threads that decode and resize images. */
  readonly imageThreads: number;
  /** Milliseconds that the decoding and resizing of an image may take. Default: no limit. */
  readonly decodeMs?: number;
  /** Part of the requests that name no version which the version with the label `canary` answers, from 0 to 1. */
  readonly canaryShare?: number;
  /** Part of the requests that name no version which the version with the label `shadow` gets too, from 0 to 1. */
  readonly shadowShare?: number;
  readonly onShadow?: (report: ShadowReport) => void;
  /** Part of computing time for background work while others wait. */
  readonly backgroundShare?: number;
  /** A clock in milliseconds. */
  readonly now: () => number;
  readonly onBatch?: (report: BatchReport) => void;
  /** Hears of every change of what is served, once, whoever asked for it. */
  readonly onChange?: (change: Change) => void;
}

/** What a change of the models folder led to. */
export interface Change {
  readonly change: 'opened' | 'closed' | 'refused';
  /** `name@version`. */
  readonly model: string;
  readonly reason: string | null;
}

/** Models, queue and threads of one process. */
export class Engine {
  readonly models: Models;
  readonly dispatcher: Dispatcher;
  readonly preparer: Preparer;
  readonly shadows: Shadows;
  readonly options: EngineOptions;
  /** Why versions that should be served are not, by `name@version`. */
  readonly refused = new Map<string, string>();
  readonly #wishes: Wishes;
  #syncing: Promise<readonly Change[]> | null = null;
  #closed = false;
  readonly #closing = new Set<Promise<void>>();

  private constructor(parts: { models: Models; dispatcher: Dispatcher; preparer: Preparer; options: EngineOptions; wishes: Wishes }) {
    this.#wishes = parts.wishes;
    this.models = parts.models;
    this.dispatcher = parts.dispatcher;
    this.preparer = parts.preparer;
    this.options = parts.options;
    this.shadows = new Shadows(parts.dispatcher, parts.models, parts.options.onShadow);
  }

  /**
   * Opens the models with all their graphs, and asks each its golden input.
   * Throws what is wrong with the first package that cannot be served; nothing stays open then.
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const { modelsFolder, references, workers, batchRows, now, onBatch, backgroundShare, canaryShare = 0, shadowShare = 0 } = options;
    const wishes = new Wishes({ modelsFolder, references, asides: asidesOf(options) });
    const entries: ServedEntry[] = [];
    const preparer = new Preparer({ threads: options.imageThreads, ...(options.decodeMs === undefined ? {} : { limitMs: options.decodeMs }) });
    try {
      for (const wanted of wishes.wanted().values()) entries.push(await openEntry(options, wanted));
    } catch (error) {
      await Promise.allSettled([preparer.close(), ...entries.map(({ model }) => closeModel(model))]);
      throw error;
    }
    const dispatcher = new Dispatcher({
      slots: workers,
      batchRows,
      now,
      ...(onBatch === undefined ? {} : { onBatch }),
      ...(backgroundShare === undefined ? {} : { backgroundShare }),
    });
    return new Engine({ models: new Models(entries, { canary: canaryShare, shadow: shadowShare }), dispatcher, preparer, options, wishes });
  }

  get probes(): readonly Probe[] {
    return this.models.entries.map(({ probe }) => probe);
  }

  /** The device that a model really runs on. */
  deviceOf(model: ServedModel): string {
    return Object.values(model.graphs).find((graph) => graph.device !== null)?.device ?? 'none';
  }

  /** Devices and notices of all graphs that are open. */
  get opened(): readonly { readonly device: string; readonly notice: string | null }[] {
    return this.models.entries.flatMap(({ model }) =>
      Object.values(model.graphs).flatMap(({ device, notice }) => (device === null ? [] : [{ device, notice }])),
    );
  }

  /**
   * Brings what is served in line with the models folder: new versions are opened, checked and warmed first, then all are exchanged at once, and what is not wanted
   * any more is closed when its last request is answered. A version that cannot be opened is refused, and the one before goes on. Calls share one round.
   */
  sync(): Promise<readonly Change[]> {
    this.#syncing ??= this.#sync().finally(() => (this.#syncing = null));
    return this.#syncing;
  }

  /** Serves one more version, until the process ends; a name goes on to mean its latest version. Throws `not-found`, or `bad-input` with the reason why it cannot. */
  async load(reference: string): Promise<readonly Change[]> {
    const { id, undo } = this.#wishes.load(reference);
    try {
      const changes = await this.sync();
      // The round that was under way did not see it.
      const later = this.#serves(id) ? [] : await this.sync();
      if (this.#serves(id)) return [...changes, ...later];
    } catch (error) {
      undo();
      throw error;
    }
    undo();
    throw new RobencError('bad-input', `${id} cannot be served: ${this.refused.get(id) ?? 'it was sent away meanwhile.'}`, { field: 'model' });
  }

  /** Serves a version no more, or stops trying to. Throws `not-found`. */
  async unload(reference: string): Promise<readonly Change[]> {
    this.#wishes.unload(this.refused.has(reference) ? reference : this.models.get(reference).id);
    return this.sync();
  }

  /** Waits for what runs, then ends all threads. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#syncing?.catch(() => undefined);
    await Promise.allSettled([this.preparer.close(), ...this.models.entries.map(({ model }) => closeModel(model)), ...this.#closing]);
  }

  async #sync(): Promise<readonly Change[]> {
    const changes: Change[] = [];
    const wanted = this.#wishes.wanted();
    for (const id of this.refused.keys()) if (!wanted.has(id)) this.refused.delete(id);
    const next = new Map<string, ServedEntry>();
    for (const [id, one] of wanted) {
      const old = this.models.entries.find(({ model }) => model.id === id);
      try {
        const entry = old ?? (await openEntry(this.options, one));
        next.set(id, { ...entry, latest: one.latest, aside: one.aside, labels: one.labels });
        this.refused.delete(id);
        if (old === undefined) changes.push({ change: 'opened', model: id, reason: null });
      } catch (cause) {
        const reason = messageOf(cause);
        if (this.refused.get(id) !== reason) changes.push({ change: 'refused', model: id, reason });
        this.refused.set(id, reason);
        const before = this.#before(one);
        if (before !== undefined && !next.has(before.model.id)) next.set(before.model.id, before);
      }
    }
    const entries = [...next.values()];
    const gone = this.models.entries.filter(({ model }) => !next.has(model.id));
    this.models.replace(entries);
    for (const { model } of gone) {
      changes.push({ change: 'closed', model: model.id, reason: null });
      const closing = this.models
        .idle(model)
        .then(() => closeModel(model))
        .finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
    }
    // A close that came meanwhile did not see the new ones.
    if (this.#closed) await Promise.allSettled(entries.map(({ model }) => closeModel(model)));
    for (const change of changes) this.options.onChange?.(change);
    return changes;
  }

  /** The version that goes on, under the name alone too, where a new one cannot be opened. */
  #before({ name, aside }: Wanted): ServedEntry | undefined {
    if (aside !== null) return undefined;
    return this.models.entries.find((entry) => entry.model.name === name && entry.aside === null && !this.#wishes.sentAway(entry.model.id));
  }

  #serves(id: string): boolean {
    return this.models.entries.some(({ model }) => model.id === id);
  }
}

function asidesOf({ canaryShare = 0, shadowShare = 0 }: EngineOptions): Aside[] {
  return [...(canaryShare > 0 ? (['canary'] as const) : []), ...(shadowShare > 0 ? (['shadow'] as const) : [])];
}

/** Digests are checked by the opening, ports by the graphs, the answers by the probe, which warms them. */
async function openEntry(options: EngineOptions, { name, version, latest, aside, labels }: Wanted): Promise<ServedEntry> {
  const opened = await openPackage(options.modelsFolder, `${name}@${version}`);
  const model = modelOfPackage(opened, options);
  try {
    await Promise.all(Object.values(model.graphs).map((graph) => graph.open()));
    return { model, probe: await Probe.open(model, goldenCases(opened)), latest, aside, labels };
  } catch (error) {
    await closeModel(model);
    throw error;
  }
}

async function closeModel(model: ServedModel): Promise<void> {
  await Promise.allSettled([...Object.values(model.graphs), ...model.made.values()].map(async (graph) => (await graph).close()));
}
