/** @file LessOrEqual. */
import { predicate } from './elementwise.js';

/** y: a ≤ b */
export default predicate('LessOrEqual');
