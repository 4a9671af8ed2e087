/** @file `robenc embed`: the embeddings of files, as the server would answer them. */
import { defineCommand } from '@robenc/shared/config/command.js';
import { batchArguments, batchOptions, runBatchCommand } from '../batch/command.js';
import { embedImages, normalized } from '../engine/embed.js';

export default defineCommand({
  name: 'embed',
  summary: 'write the embeddings of images as JSON lines, CSV or .npy',
  details:
    'A lone .onnx file is taken for an encoder: one image input, embeddings as its first output. Beside a .npy file, the file name of each row is written to <output>.files.txt.',
  examples: ['robenc embed resnet-small photos -o embeddings.npy', 'robenc embed encoder.onnx a.jpg b.jpg --normalize'],
  arguments: batchArguments,
  options: { ...batchOptions, normalize: { type: 'boolean', description: 'scale each embedding to Euclidean length 1' } },
  run: (options, context) =>
    runBatchCommand<Float32Array>(options, context, {
      role: 'encoder',
      crops: () => null,
      compute: (model) => async (images, call) => {
        const embeddings = await embedImages(model, images, call);
        return options.normalize ? embeddings.map(normalized) : embeddings;
      },
      shape: (_model, first) => ({ columns: Array.from(first, (_, i) => `e${i}`), width: first.length }),
      row: (_model, embedding) => ({ fields: { embedding: Array.from(embedding) }, cells: Array.from(embedding), vector: embedding }),
    }),
});
