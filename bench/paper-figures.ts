/** @file The published figures for CIFAR-10 (arXiv 2501.03507 and the README of its code): minutes, clean accuracy, accuracy at 4/255 and at 8/255. */

export type Method = 'emp-ssl' | 'simclr' | 'supcon';
export type Adversary = 'none' | 'pgd' | 'free';
export type Scheme = 'crops' | 'patches';

type Figures = readonly [minutes: number, clean: number, at4: number, at8: number];

/** Epochs of EMP-SSL there: with PGD-5, and with three free replays. */
export const PAPER_EPOCHS = { pgd: 30, free: 10 } as const;

export const PAPER_ROWS: Readonly<Record<Method, Partial<Record<Adversary, Partial<Record<Scheme, Figures>>>>>> = {
  'emp-ssl': {
    pgd: { patches: [530, 61, 37.65, 16.95], crops: [530, 76.55, 53.3, 28.49] },
    free: { patches: [97, 61.83, 42.28, 21.53], crops: [97, 75.88, 55.97, 33.34] },
  },
  simclr: {
    pgd: { crops: [934, 72.86, 47.98, 16.81], patches: [934, 65.44, 41.85, 17.19] },
    free: { crops: [157, 70.25, 48.34, 24.5] },
  },
  supcon: {},
};
