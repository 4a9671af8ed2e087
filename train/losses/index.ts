/** @file The table of losses. */
import { table } from '@robenc/shared/table.js';
import { crossEntropy } from './cross-entropy.js';
import { empSsl } from './emp-ssl.js';
import type { Loss } from './loss.js';
import { ntXent } from './nt-xent.js';
import { supCon } from './sup-con.js';
import { vicreg } from './vicreg.js';

export const losses = table<Loss>('loss', [empSsl, ntXent, supCon, vicreg, crossEntropy]);
