/** @file 2,000 mutations of valid models; the slow test has 20,000 others. */
import { itEndsSoon } from './mutations.js';

describe('mutated model files', () => itEndsSoon(2000, 1));
