/** @file The compiled engine: whole training steps as ONNX graphs, run by ONNX Runtime in this thread. */
import { RobencError } from '@robenc/shared/errors.js';
import { sizeOf, type TensorData } from '@robenc/shared/graph/value.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import type { Session } from '@robenc/shared/runtime/types.js';
import { mapValues, type Parameters } from '../tensors/parameters.js';
import { STEP_GROUPS, type Group } from './compiled-step.js';
import { checkBatch, checkState, perturbationShape, pixelShape, shapesOf } from './contract.js';
import type { Batch, Engine, EngineOptions, PreparedEngine, StepMetrics, StepShapes, StepSpec, TrainingState } from './engine.js';
import { isGpu, planFor } from './step-plan.js';

/**
 * Compiles the step; opening it puts it on a device. So many replays of a batch run inside one graph as `replaysPerRun` says: by default one on a CPU, all on a
 * GPU; parameters stay in host memory between runs. On a CPU whose convolutions in blocks of channels were found right, they take that form.
 */
export async function prepareOnnxEngine(spec: StepSpec, shapes: StepShapes, choices: EngineOptions = {}): Promise<PreparedEngine> {
  const { device = 'auto', threads, replaysPerRun } = choices;
  const { adversary } = spec;
  if (replaysPerRun !== undefined && adversary.replays % replaysPerRun !== 0)
    throw new RobencError('usage', `engine.replaysPerRun is ${replaysPerRun}, which does not divide the ${adversary.replays} replays of a batch.`, {
      field: 'engine.replaysPerRun',
    });
  const options = { device, ...(threads === undefined ? {} : { threads }) };
  const planned = await planFor(device, spec, shapes, choices);
  const { step, attack } = planned;
  return {
    memory: { peak: step.memory.peak + (attack?.memory.peak ?? 0), constants: step.memory.constants + (attack?.memory.constants ?? 0) },
    async open(initial) {
      let plan = planned;
      let training = await openSession(step.bytes, options);
      // It is known only now where the step runs.
      if (isGpu(training.device) !== isGpu(device)) {
        await training.close();
        plan = await planFor(training.device, spec, shapes, choices);
        training = await openSession(plan.step.bytes, options);
      }
      try {
        return new OnnxEngine(spec, training, plan.attack && (await openSession(plan.attack.bytes, options)), plan.replays, initial);
      } catch (cause) {
        await training.close();
        throw cause;
      }
    },
  };
}

/** The engine for a state, in this thread. */
export async function openOnnxEngine(spec: StepSpec, initial: TrainingState, options: EngineOptions = {}): Promise<Engine> {
  return (await prepareOnnxEngine(spec, shapesOf(initial), options)).open(initial);
}

class OnnxEngine implements Engine {
  readonly name = 'onnx';
  #groups!: Record<Group, Record<string, TensorData>>;
  #delta: TensorData | null = null;

  constructor(
    private readonly spec: StepSpec,
    private readonly training: Session,
    private readonly attack: Session | null,
    private readonly replaysPerRun: number,
    initial: TrainingState,
  ) {
    this.#take(initial);
  }

  get notice(): string | null {
    return this.training.notice;
  }

  get device(): string {
    return this.training.device;
  }

  async step(batch: Batch, learningRates: readonly number[]): Promise<StepMetrics> {
    const { spec } = this;
    checkBatch(spec, batch, learningRates);
    const fixed: Record<string, TensorData> = { views: { dtype: 'float32', shape: pixelShape(spec), data: batch.views } };
    if (spec.loss.use.needsLabels) fixed['labels'] = { dtype: 'int32', shape: [spec.batch], data: batch.labels! };
    if (!spec.adversary.carries) this.#delta = this.#delta && zeros(this.#delta);
    for (let i = 0; i < spec.adversary.attackSteps; i++) this.#keep(await this.attack!.run(this.#feeds(fixed, ['params', 'state'])), ['state']);
    let outputs: Record<string, TensorData> = {};
    for (let replay = 0; replay < learningRates.length; replay += this.replaysPerRun) {
      const rates = Float32Array.from(learningRates.slice(replay, replay + this.replaysPerRun));
      fixed['learningRates'] = { dtype: 'float32', shape: [rates.length], data: rates };
      outputs = await this.training.run(this.#feeds(fixed, STEP_GROUPS));
      this.#keep(outputs, STEP_GROUPS);
    }
    const scalar = (name: string): number => Number(outputs[name]!.data[0]);
    return {
      loss: scalar('loss'),
      gradientNorm: scalar('gradientNorm'),
      parts: Object.fromEntries(spec.loss.use.parts.map((part) => [part, scalar(`part/${part}`)])),
    };
  }

  async state(): Promise<TrainingState> {
    const host = (group: Group): Parameters => mapValues(this.#groups[group], toHost);
    const carried = this.spec.adversary.carries && this.#delta ? toHost(this.#delta) : null;
    return Promise.resolve({ params: host('params'), encoderState: host('state'), slots: host('slots'), delta: carried });
  }

  async load(state: TrainingState): Promise<void> {
    checkState(await this.state(), state);
    this.#take(state);
  }

  async close(): Promise<void> {
    await this.training.close();
    await this.attack?.close();
  }

  #take({ params, encoderState, slots, delta }: TrainingState): void {
    const { spec } = this;
    this.#groups = { params: mapValues(params, toTensor), state: mapValues(encoderState, toTensor), slots: mapValues(slots, toTensor) };
    const shape = perturbationShape(spec);
    if (spec.adversary.epsilon > 0) this.#delta = delta ? toTensor(delta) : zeros({ dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)) });
  }

  #feeds(fixed: Readonly<Record<string, TensorData>>, groups: readonly Group[]): Record<string, TensorData> {
    const feeds: Record<string, TensorData> = { ...fixed };
    if (this.#delta) feeds['delta'] = this.#delta;
    for (const group of groups) for (const [name, tensor] of Object.entries(this.#groups[group])) feeds[`${group}/${name}`] = tensor;
    return feeds;
  }

  #keep(outputs: Readonly<Record<string, TensorData>>, groups: readonly Group[]): void {
    for (const group of groups) this.#groups[group] = mapValues(this.#groups[group], (_, name) => outputs[`next/${group}/${name}`]!);
    if (outputs['next/delta']) this.#delta = outputs['next/delta'];
  }
}

function toTensor({ shape, data }: { shape: readonly number[]; data: Float32Array }): TensorData {
  return { dtype: 'float32', shape, data };
}

function toHost({ shape, data }: TensorData): { shape: readonly number[]; data: Float32Array } {
  return { shape, data: Float32Array.from(data as Float32Array) };
}

function zeros({ dtype, shape }: TensorData): TensorData {
  return { dtype, shape, data: new Float32Array(sizeOf(shape)) };
}
