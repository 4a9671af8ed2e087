/** @file 20,000 mutations of valid models. */
import { itEndsSoon } from './mutations.js';

describe('mutated model files, many', () => itEndsSoon(20_000, 2));
