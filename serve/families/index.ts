/** @file The table of API families; the first that owns a path answers there. */
import { table } from '@robenc/shared/table.js';
import type { Family } from './family.js';
import { oipFamily } from './oip.js';
import { openaiFamily } from './openai.js';
import { robencFamily } from './robenc.js';
import { teiFamily } from './tei.js';

export const families = table<Family>('API family', [openaiFamily, oipFamily, teiFamily, robencFamily]);
