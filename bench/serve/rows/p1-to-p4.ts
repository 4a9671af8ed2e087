/** @file P1 to P4: how much of the plain loop's throughput is left behind HTTP. */
import { throughputRow } from '../throughput.js';

export const p1 = throughputRow({
  name: 'P1',
  title: 'heavy model, binary, 1 image a request, 32 connections',
  weight: 'heavy',
  form: 'binary',
  items: 1,
  connections: 32,
  goal: 0.95,
});

export const p2 = throughputRow({
  name: 'P2',
  title: 'light model, binary, 8 images a request, 32 connections',
  weight: 'light',
  form: 'binary',
  items: 8,
  connections: 32,
  goal: 0.88,
});

export const p3 = throughputRow({
  name: 'P3',
  title: 'light model, binary, 1 image a request, 32 connections',
  weight: 'light',
  form: 'binary',
  items: 1,
  connections: 32,
  goal: 0.65,
});

export const p4 = throughputRow({
  name: 'P4',
  title: 'light model, JSON (decimal numbers), 8 images a request, 32 connections',
  weight: 'light',
  form: 'json',
  items: 8,
  connections: 32,
  goal: 0.7,
});

export const p4Whole = throughputRow({
  name: 'P4-uint8',
  title: 'light model, JSON (whole numbers), 8 images a request, 32 connections',
  weight: 'light',
  form: 'json-uint8',
  items: 8,
  connections: 32,
  goal: 0.7,
});
