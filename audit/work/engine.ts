/** @file Does the items of an audit: a classifier, its gradients and a second copy that checks what is claimed. */
import { performance } from 'node:perf_hooks';
import type { Oracle } from '@robenc/shared/attacks/attack.js';
import { imageSize } from '@robenc/shared/attacks/batch.js';
import { expectationOracle } from '@robenc/shared/attacks/expectation.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { RobencError } from '@robenc/shared/errors.js';
import { openClassifier, openOracle, type ExtraFeeds, type OpenOracle } from '@robenc/shared/evaluation/oracle.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import type { DeviceName, DeviceRequest } from '@robenc/shared/runtime/types.js';
import type { Chunk } from './chunk.js';
import { isRemote, type RemoteModel } from '../remote/model.js';
import { openFeeds } from './feeds.js';
import type { WorkPlan, WorkStage } from './plan.js';
import type { ItemResult } from './result.js';
import { stageWork } from './stages/index.js';
import type { StageTools } from './stages/stage.js';

/** One item: some images of a chunk at one stage. */
export interface Item {
  readonly id: string;
  readonly stage: WorkStage;
  readonly chunk: Chunk;
  /** Rows of the chunk that still stand. */
  readonly rows: readonly number[];
}

export interface Engine {
  readonly device: DeviceName | 'remote';
  readonly notice: string | null;
  readonly workers: number;
  readonly classes: number;
  /** What attacks see: means over draws where the model is random. */
  readonly oracle: Oracle;
  /** Makes known what the images of a chunk are fed besides their pixels, before the oracle is asked about them. */
  begin(chunk: Chunk, item: string): void;
  run(item: Item, signal: AbortSignal): Promise<ItemResult>;
  close(): Promise<void>;
}

/** Opens the classifier, `image` → `logits`, for the plan. Throws `unsupported` where a node has no gradient, naming it. */
export async function openEngine(classifier: Graph | RemoteModel, plan: WorkPlan, options: { workers: number; device: DeviceRequest }): Promise<Engine> {
  if (isRemote(classifier)) return remoteEngine(classifier, plan, options.workers);
  const feeds = openFeeds(plan.feeds);
  const { straightThrough = [] } = plan;
  const open = seesNoGradients(plan)
    ? await openBlackBox(classifier, options, feeds.feed)
    : await openOracle(classifier, { ...options, feeds: feeds.feed, straightThrough });
  const oracle = plan.draws > 1 ? expectationOracle(open, plan.draws) : open;
  let verifier;
  try {
    verifier = await openClassifier(classifier, { workers: 1, device: options.device, feeds: feeds.feed });
  } catch (cause) {
    await open.close();
    throw cause;
  }
  const second = verifier;
  return {
    device: open.device,
    notice: open.notice,
    workers: open.workers,
    classes: open.classes,
    oracle,
    begin: (chunk, item) => feeds.begin(chunk, item),
    run: (item, signal) => {
      feeds.begin(item.chunk, item.id);
      return runItem(item, { plan, oracle, verifier: second, signal });
    },
    close: async () => void (await Promise.all([open.close(), second.close()])),
  };
}

/** Whether no stage asks for a gradient, so that a model that has none can be looked at too. */
export function seesNoGradients({ stages }: Pick<WorkPlan, 'stages'>): boolean {
  return stages.every(({ kind, name }) => kind !== 'attack' || attacks.get(name).blackBox === true);
}

async function openBlackBox(classifier: Graph, options: { workers: number; device: DeviceRequest }, feeds: ExtraFeeds): Promise<OpenOracle> {
  const open = await openClassifier(classifier, { ...options, feeds });
  return { ...open, lossAndGradient: noGradients };
}

async function runItem(item: Item, tools: StageTools): Promise<ItemResult> {
  const started = performance.now();
  const { rows, points } = await stageWork.get(item.stage.kind).run(item, tools);
  return { rows, points, size: imageSize(item.chunk.x), seconds: (performance.now() - started) / 1000 };
}

/** A server is asked in as many items at once as there are workers. Throws `usage` for stages that need gradients. */
function remoteEngine(model: RemoteModel, plan: WorkPlan, workers: number): Engine {
  if (!seesNoGradients(plan))
    throw new RobencError(
      'usage',
      'A server gives scores and no gradients. Attack it with --attack square, or take --preset certify or corruptions; for the other attacks give the model itself.',
      { field: 'attack' },
    );
  const oracle: Oracle = { classes: model.classes.length, forward: (x) => model.forward(x), lossAndGradient: noGradients };
  return {
    device: 'remote',
    notice: null,
    workers,
    classes: model.classes.length,
    oracle,
    begin: () => undefined,
    run: (item, signal) => runItem(item, { plan, oracle, verifier: oracle, signal }),
    close: () => Promise.resolve(),
  };
}

const noGradients = () => Promise.reject(new RobencError('unsupported', 'This model was opened without gradients, for stages that ask for none.'));
