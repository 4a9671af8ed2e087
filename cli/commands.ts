/** @file The table of commands. Each is imported only when it runs, so that `robenc --version` loads neither tfjs nor ONNX Runtime. */
import type { Command } from '@robenc/shared/config/command.js';
import { table } from '@robenc/shared/table.js';

export interface CommandEntry {
  readonly name: string;
  /** As in the command's own file (a test compares them), so that `robenc --help` need not load all of them. */
  readonly summary: string;
  load(): Promise<{ default: Command }>;
}

/** In the order of a model's life, which is that of the help. */
const entries: readonly CommandEntry[] = [
  { name: 'data', summary: 'list, show or write data sets', load: () => import('@robenc/train/commands/data.js') },
  { name: 'train', summary: 'train a self-supervised encoder as a run file says', load: () => import('@robenc/train/commands/train.js') },
  {
    name: 'train sweep',
    summary: 'train many runs from a sweep file or a list of run files',
    load: () => import('@robenc/train/commands/sweep.js'),
  },
  {
    name: 'runs',
    summary: 'list training runs, write the report of one, or set several side by side',
    load: () => import('@robenc/train/commands/runs.js'),
  },
  {
    name: 'fit-head',
    summary: 'fit linear heads on an encoder from a small labelled set',
    load: () => import('@robenc/train/commands/fit-head.js'),
  },
  {
    name: 'evaluate',
    summary: 'score an encoder with its linear heads, clean and under white-box attack',
    load: () => import('@robenc/train/commands/evaluate.js'),
  },
  {
    name: 'export',
    summary: 'write a trained encoder and its heads, or a TensorFlow.js model, as a model package',
    load: () => import('@robenc/train/commands/export.js'),
  },
  {
    name: 'verify',
    summary: 'compare every graph of a package, or of a TensorFlow.js model, with tfjs itself: values and gradients',
    load: () => import('@robenc/train/commands/verify.js'),
  },
  {
    name: 'convert',
    summary: 'convert a TensorFlow.js model to ONNX, compared with tfjs on the way',
    load: () => import('@robenc/export/commands/convert.js'),
  },
  {
    name: 'models',
    summary: 'list, show, verify, promote, roll back, remove, sign and import model packages',
    load: () => import('@robenc/shared/commands/models.js'),
  },
  { name: 'embed', summary: 'write the embeddings of images as JSON lines, CSV or .npy', load: () => import('@robenc/serve/commands/embed.js') },
  { name: 'classify', summary: 'write the classes of images as JSON lines, CSV or .npy', load: () => import('@robenc/serve/commands/classify.js') },
  {
    name: 'serve',
    summary: 'serve model packages over HTTP: embeddings, classification, robustness checks',
    load: () => import('@robenc/serve/commands/serve.js'),
  },
  { name: 'audit', summary: 'attack a classifier over a data set and report its robust accuracy', load: () => import('@robenc/audit/commands/audit.js') },
  { name: 'audit worker', summary: 'do parts of audits that other machines submit to a queue', load: () => import('@robenc/audit/commands/worker.js') },
  { name: 'audit diff', summary: 'compare two audits of the same images, image by image', load: () => import('@robenc/audit/commands/diff.js') },
  {
    name: 'inspect',
    summary: 'show what an ONNX model takes, gives, is made of and costs, and whether gradients pass through it',
    load: () => import('@robenc/shared/commands/inspect.js'),
  },
  {
    name: 'differentiate',
    summary: 'write the gradient of a loss with respect to inputs or initializers of an ONNX model as one ONNX file',
    load: () => import('@robenc/shared/commands/differentiate.js'),
  },
  {
    name: 'doctor',
    summary: 'show what this machine has, which devices really work, and what to do about the rest',
    load: () => import('@robenc/shared/commands/doctor.js'),
  },
];

export const commands = table('command', entries);
