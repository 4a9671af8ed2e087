/** @file The table of kinds of stages. */
import { table } from '@robenc/shared/table.js';
import { attack } from './attack.js';
import { certify } from './certify.js';
import { clean } from './clean.js';
import { corruption } from './corruption.js';
import type { StageWork } from './stage.js';

export const stageWork = table<StageWork>('kind of stage', [clean, attack, certify, corruption], ({ kind }) => kind);
