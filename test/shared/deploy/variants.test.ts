/** @file Half precision and 8 bits: how near they are, what they cost, and that a bad one is refused. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@robenc/shared/config/manifest.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { cardText } from '@robenc/shared/deploy/card.js';
import { packageGraphs, stageGraphs, type PackageGraphs } from '@robenc/shared/deploy/graphs.js';
import { precisions } from '@robenc/shared/deploy/variants/index.js';
import { imageBatches } from '@robenc/shared/deploy/variants/measure.js';
import { stageVariants } from '@robenc/shared/deploy/variants/stage.js';
import { verifyPackage } from '@robenc/shared/deploy/verify-package.js';
import { fitHead } from '@robenc/shared/evaluation/fit-heads.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, numbersOf, type Graph } from '@robenc/shared/graph/value.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { sha256 } from '@robenc/shared/package/digest.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { Staging } from '@robenc/shared/package/stage.js';
import { sumsText } from '@robenc/shared/package/sums.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { writeColourFolder } from '../../audit/colour-world.js';
import { refusal } from '../../refusal.js';
import { EMBEDDING, SIZE, smallEncoder } from '../evaluation/small-encoder.js';
import { description } from '../package/packages.js';

describe('number formats of a package', function () {
  this.timeout(10 * 60_000);
  const folders: string[] = [];
  let set: ImageSet;
  let graphs: PackageGraphs;
  let classes: readonly string[];

  before(async () => {
    const { folder } = await writeColourFolder({ perClass: 16, side: SIZE, seed: 1 });
    folders.push(folder);
    set = await openImageSet({ path: folder, split: 'train', seed: 0 });
    const encoder = smallEncoder(1);
    const fitted = await fitHead({
      encoder,
      encoderDigest: '0'.repeat(64),
      set,
      data: 'colours',
      crops: null,
      weightDecay: [0.01],
      seed: 0,
      workers: 1,
      device: 'cpu',
    });
    graphs = packageGraphs({ encoder, head: fitted.head });
    ({ classes } = fitted.file);
  });
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  async function embeddings(graph: Graph): Promise<number[]> {
    const session = await openSession(toOnnx(graph));
    try {
      return numbersOf((await session.run({ image: imageBatches(set)[0]!.image }, ['embedding']))['embedding']!);
    } finally {
      await session.close();
    }
  }

  for (const [name, least, most] of [
    ['float16', 1e-6, 1e-3],
    ['int8', 1e-4, 2e-2],
  ] as const)
    it(`${name} computes nearly the same, and not the very same`, async () => {
      const images = imageBatches(set).map(({ image }) => image);
      const [made, own] = [await embeddings(await precisions.get(name).make(graphs.encoder!, images)), await embeddings(graphs.encoder!)];
      const distance = Math.hypot(...made.map((x, i) => x - own[i]!)) / Math.hypot(...own);
      assert.ok(distance > least && distance < most, String(distance));
    });

  it('every convolution and product of the int8 graph has whole-number weights', async () => {
    const made = await precisions.get('int8').make(
      graphs.classifier!,
      imageBatches(set).map(({ image }) => image),
    );
    const heavy = made.nodes.filter(({ op }) => ['Conv', 'Gemm', 'MatMul'].includes(op));
    assert.ok(heavy.length > 0);
    for (const { inputs } of heavy) {
      assert.equal(inputs[0]!.node!.op, 'DequantizeLinear');
      assert.equal(inputs[1]!.node!.inputs[0]!.type.dtype, 'int8');
    }
  });

  it('the bias of a filter of zeros is kept in int8', async () => {
    const g = newBuilder();
    const image = g.input('image', 'float32', ['batch', 3, SIZE, SIZE]);
    const filters = new Float32Array(2 * 27).fill(0.1);
    filters.fill(0, 0, 27);
    const weights = floats(filters, [2, 3, 3, 3]);
    const y = g.node('Conv', [image, g.constant(weights, 'w'), g.constant(floats([0.5, 0]), 'b')], { kernel_shape: [3, 3] });
    g.output('embedding', g.node('Flatten', [g.node('GlobalAveragePool', [y])], { axis: 1 }));
    const images = imageBatches(set).map((batch) => batch.image);
    const session = await openSession(toOnnx(await precisions.get('int8').make(g.build('zeros'), images)), { threads: 1 });
    const { embedding } = await session.run({ image: images[0]! }, ['embedding']).finally(() => session.close());
    assert.ok(Math.abs(numbersOf(embedding!)[0]! - 0.5) < 0.01, String(numbersOf(embedding!)[0]));
  });

  it('a graph of another kind under the name of a variant is found when the package is verified', async () => {
    const opened = await staged(set, 1);
    assert.ok((await verifyPackage(opened.folder, undefined)).variants >= 4);
    const manifestPath = join(opened.folder, 'manifest.json');
    const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Manifest;
    const { files } = manifest.variants!.int8! as { files: Record<string, { path: string; bytes: number; sha256: string }> };
    const swapped = { ...files, encoder: files['classifier'], classifier: files['encoder'] };
    Object.assign(manifest.variants!.int8!, { files: swapped });
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    writeFileSync(manifestPath, text);
    const sums = join(opened.folder, 'SHA256SUMS');
    writeFileSync(sums, sumsText(manifest, sha256(text)));
    await assert.rejects(verifyPackage(opened.folder, undefined), refusal('bad-file', /holds another graph: it has .*/));
  });

  async function staged(calibration: ImageSet, maxDrop: number) {
    const models = mkdtempSync(join(tmpdir(), 'robenc-variants-'));
    folders.push(models);
    const staging = new Staging(models, 'colours');
    try {
      stageGraphs(staging, graphs, { metadata: (graph) => ({ graph }), producerVersion: 'test' });
      await stageVariants({
        precisions: ['float16', 'int8'],
        staging,
        graphs,
        producerVersion: 'test',
        calibration,
        test: set,
        names: { calibration: 'colours', test: 'colours' },
        epsilon: 8 / 255,
        maxDrop,
        seed: 0,
        note: () => undefined,
      });
      const manifest = { ...description, input: { ...description.input, height: SIZE, width: SIZE }, classes: [...classes], embeddingSize: EMBEDDING };
      staging.put('card', cardText(staging.manifest('0', manifest)));
      return await openPackage(staging.publish({ version: '1', manifest }).folder);
    } finally {
      staging.discard();
    }
  }

  it('are in the package with their accuracy, robust accuracy and speed beside float32, also in the card', async () => {
    // The images are told apart by the last few per cent of the embedding, which 8 bits blur.
    const opened = await staged(set, 0.15);
    const { variants } = opened.manifest;
    assert.deepEqual(Object.keys(variants!), ['float16', 'int8']);
    for (const name of ['float16', 'int8'] as const) {
      const { comparison, bytes } = variants![name]!;
      assert.ok(comparison!.referenceAccuracy > 0.75 && comparison!.accuracy >= comparison!.referenceAccuracy - 0.15);
      assert.ok(comparison!.robust!.accuracy <= comparison!.accuracy + 1e-9 && comparison!.speed! > 0 && bytes > 0);
      const session = await openSession(opened.path('classifier', name)!);
      assert.equal((await session.run({ image: imageBatches(set)[0]!.image }))['logits']!.shape[1], classes.length);
      await session.close();
    }
  });

  it('a format that loses more clean accuracy than is allowed is refused with what to do', async () => {
    const black: ImageSet = { ...set, pixels: new Uint8Array(set.pixels.length) };
    await assert.rejects(staged(black, 0.15), refusal('mismatch', /In int8 the clean accuracy falls .*--max-drop/));
  });
});
