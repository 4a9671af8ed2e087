/** @file The options in the address of a request. */
import type { IncomingMessage } from 'node:http';
import { parse, type ParsedUrlQuery } from 'node:querystring';

const NONE: ParsedUrlQuery = Object.freeze(Object.create(null) as ParsedUrlQuery);

/** What stands behind the question mark; a name that is given several times has a list. */
export function queryOf({ url = '/' }: IncomingMessage): ParsedUrlQuery {
  const path = url.split('#', 1)[0]!;
  const at = path.indexOf('?');
  return at < 0 ? NONE : parse(path.slice(at + 1));
}
