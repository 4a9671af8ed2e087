/** @file The books of an attack: per image the worst point seen so far, so that no misclassified iterate is ever lost. */
import { RobencError } from '../errors.js';
import { argmaxRow, crossEntropyRow } from '../math/logits.js';
import { imageSize } from './batch.js';
import { norms } from './norms.js';
import type { Batch, Oracle, Outcome, Trace } from './attack.js';

interface Entry {
  cleanPrediction: number;
  adversarialPrediction: number;
  broken: boolean;
  adversarial: Float32Array;
  lossBefore: number;
  lossAfter: number;
  iterations: number;
  queries: number;
  brokenAt: Outcome['brokenAt'];
  zeroGradients: number;
  nonFiniteGradients: number;
  trace: Trace | null;
}

export class Ledger {
  readonly #x: Batch;
  readonly #labels: Int32Array;
  readonly #classes: number;
  readonly #size: number;
  readonly #entries: Entry[];

  private constructor(x: Batch, labels: Int32Array, classes: number, logits: Float32Array, trace: boolean) {
    this.#x = x;
    this.#labels = labels;
    this.#classes = classes;
    this.#size = imageSize(x);
    this.#entries = Array.from({ length: x.count }, (_, i) => {
      const prediction = argmaxRow(logits, classes, i);
      const loss = crossEntropyRow(logits, classes, i, labels[i]!);
      return {
        cleanPrediction: prediction,
        adversarialPrediction: prediction,
        broken: prediction !== labels[i],
        adversarial: this.#image(x, i).slice(),
        lossBefore: loss,
        lossAfter: loss,
        iterations: 0,
        queries: 0,
        brokenAt: prediction === labels[i] ? null : { query: 0, target: null },
        zeroGradients: 0,
        nonFiniteGradients: 0,
        trace: trace ? { losses: [], predictions: [] } : null,
      };
    });
  }

  /** Opens the books with the model's answers on the clean images. Throws `bad-input` on labels that the model does not have. */
  static async open(oracle: Oracle, x: Batch, labels: Int32Array, options: { trace: boolean }): Promise<Ledger> {
    if (labels.length !== x.count) throw new RobencError('bad-input', `${labels.length} labels were given for ${x.count} images; give one per image.`);
    const wrong = labels.findIndex((label) => label < 0 || label >= oracle.classes);
    if (wrong >= 0)
      throw new RobencError('bad-input', `The label of image ${x.ids[wrong]} is ${labels[wrong]}, but the model has the classes 0 to ${oracle.classes - 1}.`);
    return new Ledger(x, labels, oracle.classes, await oracle.forward(x), options.trace);
  }

  /** Indices of the images that no point has broken yet. */
  survivors(): number[] {
    return this.#indices((entry) => !entry.broken);
  }

  /** Indices of the images that were right from the start. */
  correct(): number[] {
    return this.#indices((entry, i) => entry.cleanPrediction === this.#labels[i]);
  }

  /** Enters the model's answers at `points`, whose row r belongs to image `indices[r]`; `targets` [images] are the classes aimed at. */
  consider(indices: readonly number[], points: Batch, logits: Float32Array, targets: Int32Array | null = null): void {
    indices.forEach((index, row) => {
      const entry = this.#entries[index]!;
      const label = this.#labels[index]!;
      const prediction = argmaxRow(logits, this.#classes, row);
      const loss = crossEntropyRow(logits, this.#classes, row, label);
      entry.trace?.losses.push(loss);
      entry.trace?.predictions.push(prediction);
      const broken = prediction !== label;
      entry.queries += 1;
      if (broken) entry.brokenAt ??= { query: entry.queries, target: targets?.[index] ?? null };
      if (broken === entry.broken ? !(loss > entry.lossAfter) : entry.broken) return;
      entry.adversarial.set(this.#image(points, row));
      entry.adversarialPrediction = prediction;
      entry.lossAfter = loss;
      entry.broken = broken;
    });
  }

  /** Counts a gradient evaluation, and what was strange about it. */
  countGradients(indices: readonly number[], gradient: Float32Array): void {
    indices.forEach((index, row) => {
      const entry = this.#entries[index]!;
      const values = gradient.subarray(row * this.#size, (row + 1) * this.#size);
      entry.iterations += 1;
      let [anything, finite] = [false, true];
      for (let i = 0; i < values.length; i++) {
        if (values[i] !== 0) anything = true;
        if (!Number.isFinite(values[i])) finite = false;
      }
      if (!anything) entry.zeroGradients += 1;
      if (!finite) entry.nonFiniteGradients += 1;
    });
  }

  outcomes(): Outcome[] {
    return this.#entries.map((entry, i) => {
      const clean = this.#image(this.#x, i);
      return {
        id: this.#x.ids[i]!,
        label: this.#labels[i]!,
        ...entry,
        linf: norms.linf.distance(entry.adversarial, clean),
        l2: norms.l2.distance(entry.adversarial, clean),
        l1: norms.l1.distance(entry.adversarial, clean),
      };
    });
  }

  #image(batch: Batch, row: number): Float32Array {
    return batch.data.subarray(row * this.#size, (row + 1) * this.#size);
  }

  #indices(accept: (entry: Entry, index: number) => boolean): number[] {
    return this.#entries.flatMap((entry, i) => (accept(entry, i) ? [i] : []));
  }
}
