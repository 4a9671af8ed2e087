/** @file Another version that sees the same inputs, in the background: what it answers is compared with the answer that was given, and thrown away. */
import type { Dispatcher } from '../batching/dispatcher.js';
import { rowsOf } from '../batching/rows.js';
import { argmaxRow } from '@robenc/shared/math/logits.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import type { Tensors } from '@robenc/shared/runtime/types.js';
import type { Compute } from './compute.js';
import type { ServedModel } from './model.js';
import type { Models } from './models.js';

/** What came of some rows that both versions saw. */
export interface ShadowReport {
  /** `name@version` of the version that answered, and of its shadow. */
  readonly model: string;
  readonly shadow: string;
  readonly graph: 'encoder' | 'classifier';
  /** `dropped`: too many waited already. */
  readonly outcome: 'compared' | 'failed' | 'dropped';
  readonly rows: number;
  /** Rows with the same most probable class; of classifiers. */
  readonly agreeing: number;
  /** Per row: |a - b| / |a| of the answers a and b, Euclidean. */
  readonly differences: readonly number[];
}

const ROLES = ['encoder', 'classifier'] as const;
/** Rows that may wait for a shadow: it must not fill memory when it cannot keep up. */
const MOST_ROWS = 256;

/** Sends inputs to the shadow of a model too, in the background, and compares the answers. */
export class Shadows {
  readonly #dispatcher: Dispatcher;
  readonly #models: Models;
  readonly #hear: (report: ShadowReport) => void;
  #waiting = 0;

  constructor(dispatcher: Dispatcher, models: Models, hear: (report: ShadowReport) => void = () => undefined) {
    this.#dispatcher = dispatcher;
    this.#models = models;
    this.#hear = hear;
  }

  /** Runs graphs as the dispatcher does; what the encoder and the classifier of `model` answer is then compared with the shadow's, while nobody waits for it. */
  beside(model: ServedModel, shadow: ServedModel): Compute {
    return {
      run: async (runner, feeds, options) => {
        const answers = await this.#dispatcher.run(runner, feeds, options);
        const role = ROLES.find((one) => model.graphs[one] === runner);
        if (role !== undefined) void this.#compare(model, shadow, role, feeds, answers);
        return answers;
      },
    };
  }

  /** Never rejects. */
  async #compare(model: ServedModel, shadow: ServedModel, graph: ShadowReport['graph'], feeds: Tensors, answers: Tensors): Promise<void> {
    const rows = rowsOf(feeds, graph);
    const report = { model: model.id, shadow: shadow.id, graph, rows, agreeing: 0, differences: [] };
    const runner = shadow.graphs[graph];
    if (this.#waiting + rows > MOST_ROWS) return this.#hear({ ...report, outcome: 'dropped' });
    if (runner === undefined || !sameInput(model, shadow)) return this.#hear({ ...report, outcome: 'failed' });
    const lease = this.#models.hold(shadow);
    this.#waiting += rows;
    try {
      const name = graph === 'encoder' ? 'embedding' : 'logits';
      const other = (await this.#dispatcher.run(runner, feeds, { lane: 'background' }))[name]!;
      this.#hear({ ...report, outcome: 'compared', ...comparison(answers[name]!, other, graph, model.classes.join() === shadow.classes.join()) });
    } catch {
      this.#hear({ ...report, outcome: 'failed' });
    } finally {
      this.#waiting -= rows;
      lease.release();
    }
  }
}

function sameInput({ input: a }: ServedModel, { input: b }: ServedModel): boolean {
  return a.height === b.height && a.width === b.width && a.fit === b.fit;
}

function comparison(a: TensorData, b: TensorData, graph: ShadowReport['graph'], sameClasses: boolean): Pick<ShadowReport, 'agreeing' | 'differences'> {
  const [mine, theirs] = [a.data as Float32Array, b.data as Float32Array];
  const rows = a.shape[0]!;
  const width = mine.length / rows;
  if (theirs.length !== mine.length) return { agreeing: 0, differences: Array.from({ length: rows }, () => Infinity) };
  const differences = Array.from({ length: rows }, (_, row) => {
    let [apart, size] = [0, 0];
    for (let j = row * width; j < (row + 1) * width; j++) {
      apart += (mine[j]! - theirs[j]!) ** 2;
      size += mine[j]! ** 2;
    }
    return Math.sqrt(apart) / Math.max(Math.sqrt(size), 1e-12);
  });
  const agrees = (row: number) => graph === 'classifier' && sameClasses && argmaxRow(mine, width, row) === argmaxRow(theirs, width, row);
  return { agreeing: differences.filter((_, row) => agrees(row)).length, differences };
}
