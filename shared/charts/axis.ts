/** @file Axes of charts: round numbers to write beside them. */

/** How one axis is drawn. What is left out follows from the data. */
export interface Axis {
  readonly label?: string;
  readonly from?: number;
  readonly to?: number;
  /** Where something is written, and what. */
  readonly ticks?: readonly { readonly at: number; readonly text: string }[];
  readonly format?: (value: number) => string;
}

/** An axis whose ends and ticks are settled. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

const STEPS = [1, 2, 2.5, 5, 10];

/** Ends and ticks for values; the ends are widened to whole ticks where the axis does not set them. Values must be finite. */
export function scaleOf(values: readonly number[], { from, to, ticks, format = plainNumber }: Axis, wanted = 5): Scale {
  const low = from ?? (values.length === 0 ? 0 : values.reduce((a, b) => Math.min(a, b)));
  let high = to ?? (values.length === 0 ? 1 : values.reduce((a, b) => Math.max(a, b)));
  if (high <= low) high = low + (Math.abs(low) || 1) * 0.1;
  const step = roundStep((high - low) / wanted);
  const [start, end] = [from ?? Math.floor(low / step + 1e-9) * step, to ?? Math.ceil(high / step - 1e-9) * step];
  const first = Math.ceil(start / step - 1e-9);
  const count = Math.floor(end / step + 1e-9) - first + 1;
  return { from: start, to: end, ticks: ticks ?? Array.from({ length: count }, (_, i) => ({ at: (first + i) * step, text: format((first + i) * step) })) };
}

/** The least of 1, 2, 2.5 and 5 times a power of ten that is not below `size`. */
function roundStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  return STEPS.map((step) => step * power).find((step) => step >= size * (1 - 1e-9))!;
}

/** Without digits that only rounding put there. */
export function plainNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}
