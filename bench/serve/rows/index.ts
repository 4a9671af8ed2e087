/** @file The rows, in the order of the report. */
import { table } from '@robenc/shared/table.js';
import { check, checks } from './checks.js';
import { o1, o1Heavy, o2, o2Heavy } from './o1-and-o2.js';
import { o3 } from './o3.js';
import { o4 } from './o4.js';
import { o5 } from './o5.js';
import { o6 } from './o6.js';
import { o7 } from './o7.js';
import { o8, o8Light, o8Models } from './o8.js';
import { p1, p2, p3, p4, p4Whole } from './p1-to-p4.js';
import { p5, p5Heavy } from './p5.js';
import { p6 } from './p6.js';
import { p8 } from './p8.js';
import { p9, p9Batches, p9Heavy } from './p9.js';

export const rows = table('row', [
  p1,
  p2,
  p3,
  p4,
  p4Whole,
  p5,
  p5Heavy,
  p6,
  p8,
  p9,
  p9Heavy,
  p9Batches,
  o1,
  o1Heavy,
  o2,
  o2Heavy,
  o3,
  o4,
  o5,
  o6,
  o7,
  o8,
  o8Light,
  o8Models,
  check,
  checks,
]);
