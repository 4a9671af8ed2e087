/** @file What audits say in terms of flags, said in terms of requests. */
import assert from 'node:assert/strict';
import { fieldsForFlags } from '@robenc/serve/auditing/request.js';

describe('messages of audits over HTTP', () => {
  const cases: readonly [title: string, said: string, expected: string][] = [
    ['a flag that is a field is named as the field', 'Give --eps and --step-size.', 'Give "epsilons" and "stepSize".'],
    ['advice to change a field stays', 'Assumed seed: 0 (default, change with --seed)', 'Assumed seed: 0 (default, change with "seed")'],
    ['advice to change what requests cannot is left out', 'Taken layout: NCHW (manifest, change with --layout)', 'Taken layout: NCHW (manifest)'],
    ['a flag without a field is said to be none', 'Name the classes with --classes.', 'Name the classes with "classes" (of robenc audit alone).'],
  ];
  for (const [title, said, expected] of cases) it(title, () => assert.equal(fieldsForFlags(said), expected));
});
