/** @file The table of crop schemes. */
import { table } from '../../table.js';
import crops from './crops.js';
import patches from './patches.js';

export const cropSchemes = table('crop scheme', [crops, patches]);
