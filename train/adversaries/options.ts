/** @file Options that adversaries share. */
import { Type } from '@sinclair/typebox';

/** A distance between pixels of [0,1], as a number or as a fraction such as "8/255". */
const distance = (value: number | string, description: string) =>
  Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.String()], { default: value, description });

export const epsilon = distance('8/255', 'Linf bound of the perturbation, such as 0.03 or "8/255"');
/** SimCLR's adversary changes the second view only, so that a clean view and an adversarial one are the pair. */
export const views = Type.Union([Type.Literal('all'), Type.Literal('last')], {
  default: 'all',
  description: 'which views of an image are perturbed: all, or the last, which for two views is the second',
});
export const stepSize = distance(0.01, 'how far one ascent step moves each pixel, such as 0.01 or "2/255"');
