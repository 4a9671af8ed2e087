/** @file CIFAR-10 (Krizhevsky 2009), binary version: one label byte, then 3072 pixel bytes. */
import { cifarSource } from './cifar-source.js';
import type { CifarLayout } from './cifar.js';

export const cifar10Layout: CifarLayout = {
  name: 'cifar10',
  files: { train: /^data_batch_[1-5]\.bin$/, test: /^test_batch\.bin$/ },
  labelBytes: 1,
  labelAt: 0,
  namesFile: /^batches\.meta\.txt$/,
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
};

export default cifarSource(cifar10Layout, 'CIFAR-10 in the official binary format: its folder, or cifar-10-binary.tar.gz');
