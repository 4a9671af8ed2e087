/** @file Does the device still compute? A tiny inference, compared with what it answered when the server started. */
import type { TensorData } from '@robenc/shared/graph/value.js';
import { RobencError } from '@robenc/shared/errors.js';
import { graphOf, type ServedModel } from './model.js';

/** Greatest difference from the first answer, relative to its greatest value; GPUs may add in another order, dead ones answer anything. */
const TOLERANCE = 1e-3;

export class Probe {
  readonly model: ServedModel;
  readonly #expected: Float32Array;
  #running: Promise<void> | null = null;

  private constructor(model: ServedModel, expected: Float32Array) {
    this.model = model;
    this.#expected = expected;
  }

  /** Runs the classifier (or the encoder of a model without classes) once on a fixed pattern. Throws when it cannot, or answers numbers that are not finite. */
  static async open(model: ServedModel): Promise<Probe> {
    const expected = await answer(model);
    if (!expected.every(Number.isFinite))
      throw new RobencError('bad-file', `${model.id} answers values that are not finite on a plain test pattern. Export the model again.`);
    if (model.graphs.classifier !== undefined && expected.length !== model.classes.length)
      throw new RobencError(
        'bad-file',
        `${model.id} answers ${expected.length} logits, but its manifest names ${model.classes.length} classes. Export the model again.`,
      );
    return new Probe(model, expected);
  }

  /** Resolves when a fresh inference gives the first answer again. Checks that come while one runs share it. Throws `unavailable`. */
  check(): Promise<void> {
    this.#running ??= this.#check().finally(() => (this.#running = null));
    return this.#running;
  }

  async #check(): Promise<void> {
    const found = await answer(this.model);
    const scale = this.#expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-6);
    const error = found.reduce((largest, value, i) => Math.max(largest, Math.abs(value - this.#expected[i]!)), 0);
    if (!(error <= TOLERANCE * scale))
      throw new RobencError('unavailable', `${this.model.id} no longer answers what it answered at start: its answer is off by ${error}.`);
  }
}

/** Past the queue, so that a full house does not look like a broken one. */
async function answer(model: ServedModel): Promise<Float32Array> {
  const role = model.graphs.classifier === undefined ? 'encoder' : 'classifier';
  const answers = await graphOf(model, role).run({ image: pattern(model) });
  return answers[role === 'classifier' ? 'logits' : 'embedding']!.data as Float32Array;
}

/** Not a flat image: every pixel differs from its neighbours. */
export function pattern({ input }: ServedModel): TensorData {
  const size = 3 * input.height * input.width;
  return { dtype: 'float32', shape: [1, 3, input.height, input.width], data: Float32Array.from({ length: size }, (_, i) => ((i * 37) % 101) / 100) };
}
