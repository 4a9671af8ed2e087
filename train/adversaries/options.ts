/** @file Options that adversaries share. */
import { Type } from '@sinclair/typebox';

/** A distance between pixels of [0,1], as a number or as a fraction such as "8/255". */
const distance = (value: number | string, description: string) =>
  Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.String()], { default: value, description });

export const epsilon = distance('8/255', 'Linf bound of the perturbation, such as 0.03 or "8/255"');
export const stepSize = distance(0.01, 'how far one ascent step moves each pixel, such as 0.01 or "2/255"');
