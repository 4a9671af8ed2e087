/** @file Operators, by domain and name, that ONNX Runtime's optimiser and quantiser write: how each is taken apart into ONNX's own. */
import type { Upgrade } from '../imported.js';
import { activationFusions } from './activations.js';
import { attentionFusions } from './attention.js';
import { normalizationFusions } from './normalizations.js';
import { productFusions } from './products.js';
import { quantizedFusions } from './quantized.js';

export const fusions: Readonly<Record<string, Upgrade>> = {
  ...activationFusions,
  ...attentionFusions,
  ...normalizationFusions,
  ...productFusions,
  ...quantizedFusions,
};

/** Why an operator without an entry in any table is not read, and what to do about it where that is known. */
export function unknownOperator(op: string, domain: string): string {
  if (domain === '' && /^(Sequence|Optional|SplitToSequence|ConcatFromSequence)/.test(op))
    return 'robenc computes with tensors only, no sequences or optionals';
  if (domain === 'com.microsoft.nchwc' || domain === 'com.ms.internal.nhwc')
    return 'a layout of one machine: save the optimised model again at the level "extended" or below';
  if (domain === 'com.microsoft') return 'robenc does not know it; take the model as it was before it was optimised, or save it at the level "basic"';
  return 'robenc does not know it';
}
