/** @file The version of robenc. */
import { readFileSync } from 'node:fs';

/** As in package.json; all packages of robenc carry the same. */
export const version: string = (JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as { version: string }).version;
