/** @file The table of attacks. */
import { table } from '../table.js';
import type { Attack } from './attack.js';
import { apgdT } from './apgd-t.js';
import { apgd } from './apgd.js';
import { fabT } from './fab-t.js';
import { fab } from './fab.js';
import { fgsm } from './fgsm.js';
import { ladder } from './ladder.js';
import { momentumPgd } from './momentum-pgd.js';
import { pgd } from './pgd.js';
import { square } from './square.js';
import { standard } from './standard.js';

export const attacks = table<Attack>('attack', [fgsm, pgd, momentumPgd, apgd, apgdT, fab, fabT, ladder, square, standard]);
