/** @file CIFAR-100 (Krizhevsky 2009), binary version: a coarse and a fine label byte, then 3072 pixel bytes; the fine label is the class. */
import { cifarSource } from './cifar-source.js';
import type { CifarLayout } from './cifar.js';

const CLASSES =
  'apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud ' +
  'cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster ' +
  'man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit ' +
  'raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television ' +
  'tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm';

export const cifar100Layout: CifarLayout = {
  name: 'cifar100',
  files: { train: /^train\.bin$/, test: /^test\.bin$/ },
  labelBytes: 2,
  labelAt: 1,
  namesFile: /^fine_label_names\.txt$/,
  classes: CLASSES.split(' '),
};

export default cifarSource(cifar100Layout, 'CIFAR-100 in the official binary format: its folder, or cifar-100-binary.tar.gz');
