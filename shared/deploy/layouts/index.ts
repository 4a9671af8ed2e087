/** @file The table of layouts. */
import { table } from '../../table.js';
import { browser } from './browser.js';
import type { Layout } from './layout.js';
import { triton } from './triton.js';

export const layouts = table<Layout>('layout', [triton, browser]);
