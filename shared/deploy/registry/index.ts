/** @file The table of what `robenc models` can do. */
import { table } from '../../table.js';
import type { Action } from './action.js';
import { gc } from './gc.js';
import { importAction } from './import.js';
import { list } from './list.js';
import { promote, remove, rollback } from './move.js';
import { show } from './show.js';
import { sign } from './sign.js';
import { verify } from './verify.js';

export const actions = table<Action>('action', [list, show, verify, promote, rollback, remove, importAction, sign, gc]);
