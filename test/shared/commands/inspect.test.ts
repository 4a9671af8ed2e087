/** @file `robenc inspect`: what it says of models that work, that block gradients, and that nobody knows. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectModel, type Inspection } from '@robenc/shared/autodiff/inspect.js';
import command from '@robenc/shared/commands/inspect.js';
import { decodeModel } from '@robenc/shared/proto/decode.js';
import { encodeModel } from '@robenc/shared/proto/encode.js';
import { memoryContext } from '../../context.js';
import { writeModel, type Disguise } from './models.js';

describe('robenc inspect', () => {
  const folder = mkdtempSync(join(tmpdir(), 'robenc-inspect-'));
  after(() => rmSync(folder, { recursive: true }));

  function inspect(disguise: Disguise = {}): Inspection {
    return inspectModel(readFileSync(writeModel(folder, disguise)), { source: 'model.onnx', folder });
  }

  it('counts operators, parameters and bytes', () => {
    const { operators, parameters, graph, opsets } = inspect();
    assert.deepEqual(operators, { MatMul: 2, Flatten: 1, Relu: 1 });
    assert.equal(parameters, 12 * 5 + 5 * 4);
    assert.deepEqual(opsets, { 'ai.onnx': 20 });
    assert.deepEqual(graph!.inputs, [{ name: 'image', type: 'float32[batch,3,2,2]' }]);
    // Image 12, flat 12, hidden 5 before and after Relu, logits 4; at most image and flat (the image is an input) are alive together.
    assert.deepEqual(graph!.memory, { parameters: 4 * 80, activationsPeak: 4 * 24, activationsAll: 4 * 38 });
  });

  it('says that gradients pass, or which node blocks them', () => {
    assert.deepEqual(
      inspect().graph!.gradients.map(({ gradient }) => gradient),
      ['yes'],
    );
    const [path] = inspect({ rounded: true }).graph!.gradients;
    assert.equal(path!.gradient, 'blocked');
    assert.deepEqual([path!.blocks[0]!.op, path!.blocks[0]!.node], ['Round', 'quantise']);
  });

  it('a model with an unknown operator is described as far as its file goes', () => {
    const model = decodeModel(readFileSync(writeModel(folder)));
    const node = model.graph!.node.map((one) => (one.opType === 'Relu' ? { ...one, opType: 'Frobnicate' } : one));
    const bytes = encodeModel({ ...model, graph: { ...model.graph!, node } });
    const inspection = inspectModel(bytes, { source: 'odd.onnx', folder });
    assert.equal(inspection.operators['Frobnicate'], 1);
    assert.equal(inspection.graph, null);
    assert.match(inspection.problem!, /Frobnicate/);
  });

  it('prints lines for people, and with --text the graph', async () => {
    writeModel(folder);
    const context = memoryContext({ cwd: folder });
    assert.equal(await command.run({ model: 'model.onnx', models: 'models', text: true }, context), 0);
    const printed = context.lines.join('\n');
    for (const text of ['image: float32[batch,3,2,2]', '80', 'gradient     of logits by image: yes', 'MatMul('])
      assert.ok(printed.includes(text), `${text} is not in\n${printed}`);
  });

  it('a file that is no model is refused', async () => {
    writeFileSync(join(folder, 'text.onnx'), 'hello');
    await assert.rejects(command.run({ model: 'text.onnx', models: 'models', text: false }, memoryContext({ cwd: folder })), {
      name: 'RobencError',
      code: 'bad-file',
    });
  });
});
