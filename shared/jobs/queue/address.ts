/** @file The address of a queue: a Redis server, and the prefix of its keys there. */
import { RobencError } from '../../errors.js';

export interface QueueAddress {
  /** For the Redis client: with user, password and number of the database. */
  readonly url: string;
  /** What the names of all keys begin with, so that several queues share a server. */
  readonly prefix: string;
  /** For people: without the password. */
  readonly text: string;
}

const DEFAULT_PREFIX = 'robenc';

/** `redis://[user:password@]host[:port][/database][/prefix]`; `rediss` over TLS. Throws `usage`, naming the flag. */
export function readQueueAddress(text: string): QueueAddress {
  const wrong = (why: string): RobencError =>
    new RobencError('usage', `--queue ${text.replace(/\/\/[^/@]*@/, '//…@')}: ${why}. Give redis://host:port, or redis://host:port/prefix.`, {
      field: 'queue',
    });
  if (!URL.canParse(text)) throw wrong('this is not an address');
  const url = new URL(text);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw wrong('it must begin with redis:// or rediss://');
  if (url.hostname === '') throw wrong('the host is missing');
  const parts = url.pathname.split('/').filter((part) => part !== '');
  const database = /^\d+$/.test(parts[0] ?? '') ? parts.shift()! : '0';
  const prefix = parts.shift() ?? DEFAULT_PREFIX;
  if (parts.length > 0 || !/^[\w.-]{1,100}$/.test(prefix)) throw wrong('the prefix may hold letters, digits, dots, dashes and underscores');
  url.pathname = `/${database}`;
  const login = url.username === '' ? '' : `${url.username}@`;
  return { url: url.href, prefix, text: `${url.protocol}//${login}${url.host}${database === '0' ? '' : `/${database}`}/${prefix}` };
}
