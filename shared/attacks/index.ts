/** @file The table of attacks. */
import { table } from '../table.js';
import type { Attack } from './attack.js';
import { apgdT } from './apgd-t.js';
import { apgd } from './apgd.js';
import { fgsm } from './fgsm.js';
import { pgd } from './pgd.js';

export const attacks = table<Attack>('attack', [fgsm, pgd, apgd, apgdT]);
