/** @file The table of data sources. */
import { table } from '../table.js';
import cifar10 from './cifar10.js';
import cifar100 from './cifar100.js';
import imageFolder from './image-folder.js';
import shapes from './shapes.js';

export const dataSources = table('data set', [shapes, cifar10, cifar100, imageFolder]);
