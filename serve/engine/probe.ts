/** @file Do the graphs of a model still compute? Small inferences, compared with what the package says that they must answer. */
import type { TensorData } from '@robenc/shared/graph/value.js';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { checkGolden, GOLDEN_TOLERANCE, type GoldenCase } from '@robenc/shared/package/golden.js';
import { graphOf, type GraphRole, type ServedModel } from './model.js';

/** What one graph must answer, and who says so: the package, or the first answer of a package without golden outputs. */
interface Expectation {
  readonly case: GoldenCase;
  readonly against: 'package' | 'start';
}

/** What one graph answered. */
export interface ProbeReport {
  /** `name@version`. */
  readonly model: string;
  readonly graph: GraphRole;
  readonly against: 'package' | 'start';
  /** Greatest difference from what was expected, relative to the greatest value of that. */
  readonly difference: number;
}

const SINCE: Readonly<Record<Expectation['against'], string>> = { package: 'when the package was made', start: 'at start' };

/** Asks a model what it must answer by its package, and compares. */
export class Probe {
  readonly model: ServedModel;
  readonly #expected: ReadonlyMap<GraphRole, Expectation>;
  readonly #running = new Map<GraphRole, Promise<ProbeReport>>();
  readonly #failures = new Map<GraphRole, string>();

  private constructor(model: ServedModel, expected: ReadonlyMap<GraphRole, Expectation>) {
    this.model = model;
    this.#expected = expected;
  }

  /**
   * Asks every graph for which there is a golden case, and the main one also without. Throws `mismatch` for another answer than the package's,
   * and `bad-file` for numbers that are not finite or not as many as the model has classes.
   */
  static async open(model: ServedModel, golden: Pick<ReadonlyMap<GraphRole, GoldenCase>, 'get'>): Promise<Probe> {
    const expected = new Map<GraphRole, Expectation>();
    for (const role of Object.keys(model.graphs) as GraphRole[]) {
      const found = golden.get(role);
      if (found !== undefined) expected.set(role, { case: answerable(model, role, found), against: 'package' });
    }
    const main = mainGraph(model);
    const first = await firstAnswer(model, main);
    if (!expected.has(main)) expected.set(main, { case: first, against: 'start' });
    const probe = new Probe(model, expected);
    for (const role of expected.keys()) await probe.#ask(role);
    return probe;
  }

  /** What was wrong when its graphs were last asked; null when all answered right. */
  get failure(): string | null {
    return [...this.#failures.values()][0] ?? null;
  }

  /**
   * Asks the graph that answers most requests, and those that failed when last asked; `thorough`: all. Checks that come while one runs share it.
   * Throws `unavailable` with the reason.
   */
  async check({ thorough = false }: { thorough?: boolean } = {}): Promise<readonly ProbeReport[]> {
    const main = mainGraph(this.model);
    const roles = [...this.#expected.keys()].filter((role) => thorough || role === main || this.#failures.has(role));
    return Promise.all(
      roles.map((role) => {
        const running =
          this.#running.get(role) ??
          this.#ask(role).then(
            (report) => {
              this.#failures.delete(role);
              return report;
            },
            (cause: unknown) => {
              this.#failures.set(role, messageOf(cause));
              throw new RobencError('unavailable', messageOf(cause), { cause });
            },
          );
        this.#running.set(role, running);
        void running.catch(() => undefined).finally(() => this.#running.delete(role));
        return running;
      }),
    );
  }

  /** Past the queue, so that a full house does not look like a broken one. */
  async #ask(role: GraphRole): Promise<ProbeReport> {
    const { case: expected, against } = this.#expected.get(role)!;
    const graph = graphOf(this.model, role);
    const difference = await checkGolden({ run: (feeds) => graph.run(feeds) }, expected, `${this.model.id}, ${role}`, SINCE[against]);
    return { model: this.model.id, graph: role, against, difference };
  }
}

function mainGraph({ graphs }: ServedModel): GraphRole {
  return graphs.classifier === undefined ? 'encoder' : 'classifier';
}

/** The part of a golden case that the server asks of the graph. */
function answerable(model: ServedModel, role: GraphRole, golden: GoldenCase): GoldenCase {
  const asked = graphOf(model, role).outputs;
  return { ...golden, outputs: Object.fromEntries(Object.entries(golden.outputs).filter(([name]) => asked.includes(name))) };
}

async function firstAnswer(model: ServedModel, role: GraphRole): Promise<GoldenCase> {
  const inputs = { image: pattern(model) };
  const name = role === 'classifier' ? 'logits' : 'embedding';
  const tensor = (await graphOf(model, role).run(inputs))[name]!;
  const values = tensor.data as Float32Array;
  if (!values.every(Number.isFinite))
    throw new RobencError('bad-file', `${model.id} answers values that are not finite on a plain test pattern. Export the model again.`);
  if (role === 'classifier' && values.length !== model.classes.length)
    throw new RobencError(
      'bad-file',
      `${model.id} answers ${values.length} logits, but its manifest names ${model.classes.length} classes. Export the model again.`,
    );
  // GPUs may add in another order, dead ones answer anything.
  return { inputs, outputs: { [name]: { shape: tensor.shape, every: 1, values: values.slice() } }, tolerance: GOLDEN_TOLERANCE };
}

/** Not a flat image: every pixel differs from its neighbours. */
export function pattern({ input }: ServedModel): TensorData {
  const size = 3 * input.height * input.width;
  return { dtype: 'float32', shape: [1, 3, input.height, input.width], data: Float32Array.from({ length: size }, (_, i) => ((i * 37) % 101) / 100) };
}
