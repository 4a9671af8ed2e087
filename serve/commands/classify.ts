/** @file `robenc classify`: the classes of files, as the server would answer them. */
import { defineCommand } from '@robenc/shared/config/command.js';
import { batchArguments, batchOptions, runBatchCommand } from '../batch/command.js';
import { classifyCrops, classifyImages, topPredictions } from '../engine/classify.js';
import { cropRequestOf } from '../engine/crop-request.js';
import { graphOf } from '../engine/model.js';

export default defineCommand({
  name: 'classify',
  summary: 'write the classes of images as JSON lines, CSV or .npy',
  details:
    'A lone .onnx file is taken for a classifier: one image input with pixels of [0,1], logits as its first output, classes called by their index. With --crops a package classifies by the mean embedding of so many crops. A .npy file holds the logits, and the file name of each row is written to <output>.files.txt.',
  examples: ['robenc classify resnet-small photos', 'robenc classify resnet-small photos --crops 16 --seed 7 -o classes.csv'],
  arguments: batchArguments,
  options: {
    ...batchOptions,
    crops: { type: 'number', integer: true, minimum: 1, maximum: 1024, description: 'classify by the mean embedding of so many crops' },
    scheme: { type: 'string', choices: ['crops', 'patches'], description: 'how crops are drawn; by default as the head was fitted' },
    seed: { type: 'number', integer: true, minimum: 0, description: 'seed of the crops; 0' },
    top: { type: 'number', default: 5, integer: true, minimum: 1, description: 'how many classes JSON lines give, best first' },
  },
  run: (options, context) =>
    runBatchCommand<Float32Array>(options, context, {
      role: 'classifier',
      crops(model) {
        const crops = cropRequestOf(model, options);
        if (crops !== null) graphOf(model, 'aggregateHead');
        return crops;
      },
      compute: (model) => (images, call) => (options.crops === undefined ? classifyImages : classifyCrops)(model, images, call),
      shape: (_model, first) => ({ columns: ['index', 'label', 'probability'], width: first.length }),
      row(model, logits) {
        const top = topPredictions(model, logits, options.top);
        const { index, label, probability } = top[0]!;
        return { fields: { index, label, probability, top }, cells: [index, label, probability], vector: logits };
      },
    }),
});
