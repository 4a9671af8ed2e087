/** @file robenc export. */
import { resolve } from 'node:path';
import { defineCommand } from '@robenc/shared/config/command.js';
import { EXIT } from '@robenc/shared/errors.js';
import { readPrivateKey } from '@robenc/shared/package/signature.js';
import { version } from '@robenc/shared/version.js';
import { exportRun } from '../run/package.js';

export default defineCommand({
  name: 'export',
  summary: 'write a trained encoder and its heads as a model package',
  details: 'Every graph is compared with the eager tfjs function on the same pixels first; a mismatch stops the export and nothing is written.',
  examples: ['robenc export runs/quickstart', 'robenc export runs/cifar10 --models models --name cifar10 --model-version 2'],
  arguments: { run: { description: 'folder of a training run with a fitted head' } },
  options: {
    models: { type: 'string', value: 'dir', default: 'models', description: 'folder of model packages' },
    name: { type: 'string', description: 'name of the package; by default that of the run' },
    modelVersion: { type: 'string', value: 'version', default: 'auto', description: 'version of the package; auto takes the next whole number' },
    label: { type: 'list', default: ['latest'], value: 'labels', description: 'labels to point at the new version' },
    attack: { type: 'boolean', description: 'also write PGD as one ONNX file, attack.onnx' },
    sign: { type: 'string', value: 'file', description: 'sign the manifest with this ed25519 private key (PEM)' },
    images: { type: 'number', integer: true, minimum: 1, maximum: 64, default: 2, description: 'images in each comparison with tfjs' },
  },
  async run(options, context) {
    const exported = await exportRun({
      run: resolve(context.cwd, options.run),
      models: resolve(context.cwd, options.models),
      name: options.name,
      version: options.modelVersion,
      createdAt: new Date().toISOString(),
      producerVersion: version,
      images: options.images,
      labels: options.label,
      attack: options.attack,
      key: options.sign === undefined ? undefined : readPrivateKey(resolve(context.cwd, options.sign)),
      note: (line) => context.stderr(line),
    });
    for (const { graph, against, maxRelativeError, tolerance } of exported.parity)
      context.stdout(`${graph}: within ${maxRelativeError.toExponential(1)} of ${against} (at most ${tolerance})`);
    context.stdout(`Wrote ${exported.manifest.name}@${exported.manifest.version}: ${exported.folder}`);
    context.result({
      folder: exported.folder,
      name: exported.manifest.name,
      version: exported.manifest.version,
      digest: exported.digest,
      parity: exported.parity,
      scores: exported.manifest.scores,
    });
    return EXIT.done;
  },
});
