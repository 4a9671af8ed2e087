/** @file Half precision and 8 bits: how near they are, what they cost, and that a bad one is refused. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openImageSet } from '@robenc/shared/data/open.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { cardText } from '@robenc/shared/deploy/card.js';
import { packageGraphs, stageGraphs, type PackageGraphs } from '@robenc/shared/deploy/graphs.js';
import { precisions } from '@robenc/shared/deploy/variants/index.js';
import { imageBatches } from '@robenc/shared/deploy/variants/measure.js';
import { stageVariants } from '@robenc/shared/deploy/variants/stage.js';
import { fitHead } from '@robenc/shared/evaluation/fit-heads.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { numbersOf, type Graph } from '@robenc/shared/graph/value.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { Staging } from '@robenc/shared/package/stage.js';
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
