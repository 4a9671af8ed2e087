/** @file The server under 100,000 requests that are wrong, nearly right or nonsense. */
import { fuzzSuite } from './fuzz-suite.js';

fuzzSuite(100_000);
