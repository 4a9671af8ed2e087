/** @file What the compiled engine runs on one device: the graphs of a step as the bytes of files, in the form that suits the device. */
import { liveMemory, type LiveMemory } from '@robenc/shared/graph/live-memory.js';
import { blockConvolutions } from '@robenc/shared/graph/passes/blocked-convolutions.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import { operators } from '@robenc/shared/ops/index.js';
import { convolutionBlock } from '@robenc/shared/runtime/convolution-block.js';
import type { DeviceRequest } from '@robenc/shared/runtime/types.js';
import { compileAttackStep, compileStep } from './compiled-step.js';
import type { EngineOptions, StepShapes, StepSpec } from './engine.js';
import { autocast } from './mixed/autocast.js';

/** What is compiled for one device. */
export interface StepPlan {
  /** Of a batch, inside one run. */
  readonly replays: number;
  readonly step: Compiled;
  /** null for adversaries without passes of their own. */
  readonly attack: Compiled | null;
}

export interface Compiled {
  readonly bytes: Uint8Array;
  readonly memory: LiveMemory;
}

/** One replay in a run on a CPU, all on a GPU unless told otherwise; on CPUs convolutions in blocks of channels where these were found right. */
export async function planFor(
  device: DeviceRequest,
  spec: StepSpec,
  shapes: StepShapes,
  { replaysPerRun, convolutions }: Pick<EngineOptions, 'replaysPerRun' | 'convolutions'>,
): Promise<StepPlan> {
  const { adversary, precision } = spec;
  // On a GPU the weights would cross the bus at every replay.
  const replays = replaysPerRun ?? (isGpu(device) ? adversary.replays : 1);
  const block = isGpu(device) || precision === 'mixed' || convolutions === 'plain' ? null : await convolutionBlock();
  const step = compiled(spec, compileStep(spec, shapes, replays), block);
  return { replays, step, attack: adversary.attackSteps > 0 ? compiled(spec, compileAttackStep(spec, shapes), block) : null };
}

/** `auto` counts as a CPU until it is known. */
export function isGpu(device: DeviceRequest): boolean {
  return device === 'cuda' || device === 'webgpu';
}

/** A graph as the bytes of a file, and what it keeps while it runs; products in float16 count as float32. `block`: channels that convolutions take at a time, null for plain ones. */
function compiled({ precision }: StepSpec, graph: Graph, block: number | null): Compiled {
  const final = precision === 'mixed' ? autocast(graph) : block === null ? graph : blockConvolutions(graph, operators, block);
  return { bytes: toOnnx(final), memory: liveMemory(precision === 'mixed' ? graph : final) };
}
