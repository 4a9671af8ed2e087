/** @file Which operators of files robenc reads at all. */
import type { Operators } from '../operator.js';
import { isUpgraded } from '../opset.js';
import { FLOW } from './control-flow.js';

/** Whether an operator, named `Conv` or `com.microsoft.FusedConv`, has an entry in some table; single nodes of it may be refused all the same. */
export function isKnown(operators: Operators, name: string): boolean {
  const dot = name.lastIndexOf('.');
  const [domain, op] = dot < 0 ? ['', name] : [name.slice(0, dot), name.slice(dot + 1)];
  if (domain === '' && (op === 'Constant' || Object.hasOwn(FLOW, op))) return true;
  return operators.find(op, domain) !== undefined || isUpgraded(op, domain);
}
