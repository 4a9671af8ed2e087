/** @file Input gradients of models exported from PyTorch, against gradients that PyTorch computed in float64. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { differentiate } from '@robenc/shared/autodiff/differentiate.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, integers, numbersOf, type TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { folderOrSkip } from '../../skip.js';

const COMMITTED = join(import.meta.dirname, '../../fixtures/onnx-gradients');
const SEED = 1;

interface Case {
  readonly inputShape: readonly number[];
  readonly labels: readonly number[];
  readonly loss: number;
}

/**
 * One of squeezenet's max-pooling windows holds two values 1.5e-6 apart, which is within what float32 convolutions round off: either may win,
 * and the gradient jumps by 1.2 %. Inputs that differ from the stored one by less than float32 resolves show which side is which.
 */
const NEAR_TIES: Readonly<Record<string, number>> = { squeezenet1_1: 4 };

describe('gradients of models exported from PyTorch', () => {
  for (const name of ['small_resnet', 'mobilenet_v2_035', 'squeezenet1_1', 'vit_tiny']) {
    it(`${name}: the gradient is within 1e-5 of PyTorch's in float64, and the batch stays open`, async function () {
      const folder = existsSync(join(COMMITTED, name)) ? join(COMMITTED, name) : folderOrSkip(this, 'ROBENC_FIXTURES', join('onnx-gradients', name));
      const file = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Case;
      const model = fromOnnx(join(folder, 'model.onnx'));
      const { graph } = differentiate(model, { wrt: 'image', loss: 'cross-entropy' });
      assert.equal(graph.inputs[0]!.type.shape[0], 'batch');
      assert.deepEqual(graph.outputs.find((output) => output.name === 'gradient')!.value.type, model.inputs[0]!.type);
      const image = floatsIn(join(folder, 'input.f32'));
      const session = await openSession(toOnnx(graph));
      try {
        const errors: number[] = [];
        for (let attempt = 0; attempt <= (NEAR_TIES[name] ?? 0); attempt++) {
          const random = new Random(SEED, name, attempt);
          const nearby = attempt === 0 ? image : image.map((x) => x * (1 + random.uniform(-1e-7, 1e-7)));
          const answer = await session.run({ image: floats(nearby, file.inputShape), label: integers(file.labels) });
          const logits = relative(answer['logits']!, floatsIn(join(folder, 'logits.f32')));
          assert.ok(logits < 1e-4, `logits are off by ${logits}`);
          const loss = numbersOf(answer['loss']!).reduce((a, b) => a + b);
          assert.ok(Math.abs(loss - file.loss) < 1e-5 * file.loss, `loss ${loss} instead of ${file.loss}`);
          errors.push(relative(answer['gradient']!, floatsIn(join(folder, 'grad.f32'))));
        }
        assert.ok(Math.min(...errors) < 1e-5, `relative L2 error ${errors.map((error) => error.toExponential(2)).join(', ')}, seed ${SEED}`);
        assert.ok(Math.max(...errors) < 2e-2, `relative L2 error ${errors.map((error) => error.toExponential(2)).join(', ')}, seed ${SEED}`);
      } finally {
        await session.close();
      }
    });
  }

  it('has at least one model in the repository itself', () => assert.deepEqual(readdirSync(COMMITTED), ['small_resnet']));
});

function floatsIn(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** Relative L2 distance. */
function relative(got: TensorData, wanted: Float32Array): number {
  const values = numbersOf(got);
  const [distance, size] = wanted.reduce<[number, number]>(([d, n], w, i) => [d + (values[i]! - w) ** 2, n + w ** 2], [0, 0]);
  return Math.sqrt(distance / size);
}
