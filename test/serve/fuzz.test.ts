/** @file The server under 5,000 requests that are wrong, nearly right or nonsense. */
import { fuzzSuite } from './fuzz-suite.js';

fuzzSuite(5_000);
