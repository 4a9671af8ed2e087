/** @file Ten thousand points that audits call adversarial, each looked at again by a session, an image file and arithmetic that the audits did not use. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import audit from '@robenc/audit/commands/audit.js';
import { pointOf, unpackResult } from '@robenc/audit/work/result.js';
import { floats } from '@robenc/shared/graph/value.js';
import { decodeImage } from '@robenc/shared/images/decode.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { memoryContext } from '../context.js';
import { CLASSES, colourModel, SIDE, writeColourFolder, type ColourImage } from './colour-world.js';

const [PER_CLASS, CHUNK, WANTED] = [400, 60, 10_000];
const SIZE = 3 * SIDE * SIDE;
/** Radii that break about three in four of the images that are right. */
const NORMS = { linf: 20 / 255, l2: 0.8, l1: 8 } as const;
const ATTACKS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  fgsm: {},
  pgd: {},
  'momentum-pgd': {},
  apgd: { steps: '20' },
  'apgd-t': { steps: '20', targets: '2' },
  fab: { steps: '20' },
  'fab-t': { steps: '20', targets: '2' },
  ladder: { steps: '20' },
  square: { queries: '300' },
};

describe('points that audits call adversarial', function () {
  this.timeout(60 * 60_000);
  let root: string;
  let data: string;
  let images: readonly ColourImage[];

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-claims-'));
    ({ folder: data, images } = await writeColourFolder({ perClass: PER_CLASS }));
    // A hidden layer, so that norms, kinks and margins are not all linear.
    const bent = colourModel({ finish: (g, z) => g.sub(g.node('Relu', [z]), g.node('Relu', [g.mul(z, g.scalar(-0.5))])) });
    writeFileSync(join(root, 'model.onnx'), bent);
  });

  after(() => {
    for (const folder of [root, data]) rmSync(folder, { recursive: true });
  });

  /** [3,height,width] in [0,1], in float64. */
  async function cleanPixels(file: string): Promise<Float64Array> {
    const { data: bytes } = await decodeImage(readFileSync(join(data, file)));
    return Float64Array.from({ length: SIZE }, (_, i) => bytes[3 * (i % (SIDE * SIDE)) + Math.floor(i / (SIDE * SIDE))]! / 255);
  }

  const lengths: Readonly<Record<keyof typeof NORMS, (change: Float64Array) => number>> = {
    linf: (change) => change.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    l2: (change) => Math.sqrt(change.reduce((sum, value) => sum + value * value, 0)),
    l1: (change) => change.reduce((sum, value) => sum + Math.abs(value), 0),
  };

  it(`${WANTED} of them and more are misclassified, within the ball and [0,1], and those that should survive 8 bits do`, async () => {
    const session = await openSession(join(root, 'model.onnx'), { threads: 1 });
    const predict = async (pixels: ArrayLike<number>): Promise<number> => {
      const { scores } = await session.run({ pixels: floats(Float32Array.from(pixels), [1, 3, SIDE, SIDE]) });
      const logits = [...(scores!.data as Float32Array)];
      return logits.indexOf(Math.max(...logits));
    };
    const clean = await Promise.all(images.map(({ file }) => cleanPixels(file)));
    let [claimed, violations, survived, otherwise] = [0, 0, 0, 0];
    for (const norm of Object.keys(NORMS) as (keyof typeof NORMS)[])
      for (const [attack, more] of Object.entries(ATTACKS)) {
        const out = `${norm}-${attack}`;
        const flags = { data, norm, attack, eps: [String(NORMS[norm])], workers: '1', device: 'cpu', batchSize: String(CHUNK), out: join(root, out), ...more };
        await audit.run({ model: join(root, 'model.onnx'), ...readOptions(audit, flags) }, memoryContext({ cwd: root }));
        const items = join(root, out, 'state', 'items');
        for (const file of readdirSync(items).filter((name) => name.startsWith('0001-'))) {
          const result = unpackResult(readFileSync(join(items, file)));
          for (const { row, broken, cleanPrediction, eightBit } of result.rows) {
            const index = Number(/-(\d+)\.bin$/.exec(file)![1]) * CHUNK + row;
            const { label } = images[index]!;
            if (!broken || cleanPrediction !== label) continue;
            claimed += 1;
            const point = Float64Array.from(pointOf(result, row)!);
            const change = point.map((value, i) => value - clean[index]![i]!);
            const inside = lengths[norm](change) <= NORMS[norm] + 1e-6 && point.every((value) => value >= 0 && value <= 1);
            if (!inside || (await predict(point)) === label) violations += 1;
            const isWrong = (await predict(point.map((value) => Math.round(255 * value) / 255))) !== label;
            if (isWrong) survived += 1;
            if (isWrong !== eightBit!.broken) otherwise += 1;
          }
        }
      }
    await session.close();
    console.log(
      `      ${claimed} points of ${CLASSES.length} classes: ${violations} do not stand, ${((100 * survived) / claimed).toFixed(1)} % survive 8 bits`,
    );
    assert.ok(claimed >= WANTED, `only ${claimed}`);
    assert.deepEqual([violations, otherwise], [0, 0]);
    assert.ok(survived > 0 && survived < claimed, 'rounding saves some images and not others');
  });
});
