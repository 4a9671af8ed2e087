/** @file `robenc models`: the registry of model packages. */
import { resolve } from 'node:path';
import { defineCommand } from '../config/command.js';
import { actions } from '../deploy/registry/index.js';

export default defineCommand({
  name: 'models',
  summary: 'list, show, verify, promote, roll back, remove, sign and import model packages',
  details: actions.entries.map(({ name, usage, summary }) => `robenc models ${name}${usage === '' ? '' : ` ${usage}`}: ${summary}.`).join(' '),
  examples: [
    'robenc models list',
    'robenc models verify demo@production --public-key team.pub.pem --require-signature',
    'robenc models promote demo@3 --label production',
    'robenc models rollback demo --label production',
    'robenc models import imagenet.onnx --name imagenet --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --classes names.txt',
    'robenc models gc --keep 5 --dry-run',
  ],
  arguments: {
    action: { description: actions.names.join(', ') },
    model: { description: 'name, name@version or name@label; a package folder for show and verify; an .onnx file for import', required: false },
  },
  options: {
    models: { type: 'string', value: 'dir', default: 'models', description: 'folder of model packages' },
    label: { type: 'list', value: 'label', description: 'promote, rollback, import: which label; latest without it' },
    publicKey: { type: 'list', value: 'file', description: 'verify: ed25519 public keys (PEM) of which one must have signed' },
    requireSignature: { type: 'boolean', description: 'verify: refuse packages that are not signed' },
    key: { type: 'string', value: 'file', description: 'sign, import: ed25519 private key (PEM)' },
    keep: { type: 'number', integer: true, minimum: 1, description: 'gc: also remove versions without a label beyond the newest so many' },
    dryRun: { type: 'boolean', description: 'gc: only say what would be removed' },
    device: { type: 'string', choices: ['auto', 'cpu', 'cuda', 'webgpu'], default: 'cpu', description: 'verify: where golden outputs are reproduced' },
    name: { type: 'string', description: 'import: name of the package' },
    modelVersion: { type: 'string', value: 'version', default: 'auto', description: 'import: version; auto takes the next whole number' },
    role: { type: 'string', choices: ['classifier', 'encoder'], default: 'classifier', description: 'import: what the model is' },
    mean: { type: 'list', value: 'm', description: 'import: subtracted from each channel after --range: 1 or 3 numbers' },
    std: { type: 'list', value: 's', description: 'import: what each channel is divided by: 1 or 3 numbers' },
    layout: { type: 'string', choices: ['nchw', 'nhwc'], default: 'nchw', description: 'import: order of the axes of the input' },
    range: { type: 'list', value: 'v', description: 'import: what black and white are to the model: two numbers (0,1)' },
    classes: { type: 'list', value: 'name', description: 'import: class of logit 0, 1, …, or a text file with one name a line' },
    resize: { type: 'string', value: 'how', description: 'import: cover, contain or stretch (cover); for a model of free size cover:224x224' },
    output: { type: 'string', value: 'name', description: 'import: the output to take, where there are several' },
    attack: { type: 'boolean', description: 'import: also write PGD as one ONNX file' },
  },
  run: (options, context) => actions.get(options.action).run({ ...options, models: resolve(context.cwd, options.models), now: Date.now() }, context),
});
