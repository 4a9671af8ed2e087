/** @file Pictures of a run: the views of its latest batch, what the adversary carried away from it, and where its embeddings of images lie. */
import { availableParallelism } from 'node:os';
import { scatterChart } from '@robenc/shared/charts/scatter.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { messageOf } from '@robenc/shared/errors.js';
import { encoderShape } from '@robenc/shared/evaluation/classifier-graph.js';
import { embedSet } from '@robenc/shared/evaluation/embed.js';
import { imageUrl } from '@robenc/shared/images/data-url.js';
import { fromTensor } from '@robenc/shared/images/image.js';
import { contactSheet } from '@robenc/shared/images/sheet.js';
import { escapeMarkup } from '@robenc/shared/markup.js';
import { principalComponents } from '@robenc/shared/math/principal.js';
import { section } from '@robenc/shared/page.js';
import { renderBatch } from '../crops/batch.js';
import { batchOrder, stepsPerEpoch } from '../crops/order.js';
import { trainingData, dataSpec } from '../run/data.js';
import { openEncoder } from '../run/encoder.js';
import { openRun } from '../run/folder.js';
import { planOf } from '../run/plan.js';

export interface PictureOptions {
  /** Images whose views are shown; 0 makes no pictures at all, and then the data is not read. */
  readonly images: number;
  /** Images whose embeddings are shown. */
  readonly points: number;
  readonly signal: AbortSignal;
}

/** Views of an image shown at most. */
const COLUMNS = 10;
/** Groups of a scatter that are told apart. */
const GROUPS = 10;

/** The sections, or one that says why there are none: the data may have moved, or no checkpoint was written yet. */
export async function pictureSections(folder: string, options: PictureOptions): Promise<string[]> {
  if (options.images === 0) return [];
  try {
    return [section('Views', await viewSheets(folder, options.images)), section('Embeddings', await embeddingScatter(folder, options))];
  } catch (error) {
    if (options.signal.aborted) throw error;
    return [section('Pictures', `<p class="warn">There are none: ${escapeMarkup(messageOf(error))}</p>`)];
  }
}

async function viewSheets(folder: string, images: number): Promise<string> {
  const { run, checkpoint } = openRun(folder);
  const set = await openImageSet(trainingData(run));
  const perEpoch = stepsPerEpoch(set.count, run.batchSize);
  const last = Math.max(0, checkpoint.step - 1);
  const place = { epoch: Math.floor(last / perEpoch), step: last % perEpoch };
  const { indices, epoch } = batchOrder(set.count, { batchSize: run.batchSize, seed: run.seed, start: place }).next().value;
  const shown = indices.slice(0, images);
  const { count, scheme, options } = run.views;
  const { size } = run.data;
  const views = renderBatch(set, shown, { views: count, sampler: scheme, options, seed: run.seed, size, epoch });
  const columns = Array.from({ length: Math.min(count, COLUMNS) }, (_, view) => view);
  const sheet = (data: Float32Array, at: (view: number, row: number) => number, of: readonly number[]) =>
    sheetImage(contactSheet([...shown.keys()].map((row) => of.map((view) => fromTensor(data, size, size, at(view, row) * 3 * size * size)))));
  const first = `<p class="note">Of ${shown.length} images in batch ${last + 1}, a row for each${count > COLUMNS ? `, the first ${COLUMNS} of ${count} views` : ''}.</p>${await sheet(views, (view, row) => view * shown.length + row, columns)}`;
  const { delta } = checkpoint.state;
  if (delta === null) return first;
  const { epsilon, views: perturbed } = planOf(run).spec.adversary;
  const grey = delta.data.map((value) => 0.5 + value / (2 * epsilon));
  const carried = perturbed === 'last' ? [0] : columns;
  return `${first}<p class="note">The perturbation that is carried on from this batch${perturbed === 'last' ? ', of the last view' : ''}: grey is no change, black and white are the whole radius.</p>${await sheet(grey, (view, row) => view * run.batchSize + row, carried)}`;
}

async function sheetImage(sheet: Parameters<typeof imageUrl>[0]): Promise<string> {
  return `<img class="sheet" src="${await imageUrl(sheet)}" alt="contact sheet" width="${2 * sheet.width}">`;
}

async function embeddingScatter(folder: string, { points, signal }: PictureOptions): Promise<string> {
  const { graph, plan, step } = await openEncoder(folder);
  const { run } = plan;
  const set = await openImageSet({ ...dataSpec(run), split: 'test', limit: points });
  const embeddings = await embedSet({ encoder: graph, set, crops: null, workers: run.engine.threads ?? availableParallelism(), signal });
  const { size } = encoderShape(graph);
  const { coordinates, shares } = principalComponents(unitRows(embeddings, size), size);
  const at = (i: number) => [coordinates[2 * i]!, coordinates[2 * i + 1]!] as const;
  const names = ['first', 'second'].map((name, i) => `${name} principal component, ${(100 * shares[i]!).toFixed(1)} % of the variance`) as [string, string];
  const told = `${set.count} embeddings along their two principal components`;
  const groups = groupsOf(set).map(({ name, indices }) => ({ name, points: indices.map(at) }));
  const rest = set.classes.length > GROUPS ? ` The first ${GROUPS - 1} of ${set.classes.length} classes are told apart.` : '';
  return `<p class="note">${set.count} ${set.undivided ? 'images' : 'held-out images'} of ${escapeMarkup(set.name)} after ${step} batches: embeddings of length 1, by class.${rest}</p>${scatterChart({ groups, x: names[0], y: names[1], told })}`;
}

function groupsOf({ classes, labels, count }: ImageSet): { name: string; indices: number[] }[] {
  const all = Array.from({ length: count }, (_, i) => i);
  if (labels === null) return [{ name: '', indices: all }];
  const told = classes.length > GROUPS ? GROUPS - 1 : classes.length;
  const groups = classes.slice(0, told).map((name, label) => ({ name, indices: all.filter((i) => labels[i] === label) }));
  return classes.length > told ? [...groups, { name: 'other classes', indices: all.filter((i) => labels[i]! >= told) }] : groups;
}

/** Rows of length 1: what neighbours and cosines see. */
function unitRows(values: Float32Array, size: number): Float32Array {
  const result = Float32Array.from(values);
  for (let start = 0; start < result.length; start += size) {
    const row = result.subarray(start, start + size);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) row.forEach((value, j) => (row[j] = value / length));
  }
  return result;
}
