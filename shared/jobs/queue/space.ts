/** @file What a list keeps in Redis beside the queue of BullMQ: what all its items share, what each one needs, and the results. */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Redis holds values of 512 MB at most, and one large value keeps all others waiting. */
const PART = 16 * 2 ** 20;
/** Seconds after which everything of a list is gone that nobody came back to. */
const LIFETIME = 7 * 24 * 3600;

/** The first result stands. Nothing is written for a list that nobody waits for any more. */
const DELIVER = `if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
return redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2])`;

/** Something of a list that its submitter had put there is gone; it will put it there again. */
export class LostError extends Error {}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The keys of one list. */
export class ListSpace {
  readonly #redis: Redis;
  readonly #root: string;

  constructor(redis: Redis, prefix: string, list: string) {
    this.#redis = redis;
    this.#root = `${prefix}:list:${list}`;
  }

  /** Bytes by name, in parts; a name is complete or not there. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    const key = `${this.#root}:${name}`;
    const parts = Math.ceil(bytes.length / PART);
    for (let part = 0; part < parts; part++) await this.#redis.hset(key, String(part), Buffer.from(bytes.subarray(part * PART, (part + 1) * PART)));
    await this.#redis.hset(key, 'digest', digestOf(bytes), 'parts', String(parts));
    await this.#redis.expire(key, LIFETIME);
  }

  /** Null where there is no such name; bytes that are not those that were put, as a server that lost its memory meanwhile may hold them, are taken away. */
  async get(name: string): Promise<Buffer | null> {
    const key = `${this.#root}:${name}`;
    const [digest, parts] = await this.#redis.hmget(key, 'digest', 'parts');
    if (digest == null || parts == null) return null;
    const all: Buffer[] = [];
    for (let part = 0; part < Number(parts); part++) all.push((await this.#redis.hgetBuffer(key, String(part))) ?? Buffer.alloc(0));
    const bytes = Buffer.concat(all);
    if (digestOf(bytes) === digest) return bytes;
    await this.#redis.unlink(key);
    return null;
  }

  async has(name: string): Promise<boolean> {
    return (await this.#redis.hexists(`${this.#root}:${name}`, 'parts')) === 1;
  }

  async drop(...names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.#redis.unlink(...names.map((name) => `${this.#root}:${name}`));
  }

  /** Only where the list still has what `needed` names. */
  async deliver(item: string, result: Uint8Array, needed: string): Promise<void> {
    await this.#redis.eval(DELIVER, 2, `${this.#root}:${needed}`, `${this.#root}:results`, item, Buffer.from(result));
  }

  /** Null where there is none; empty where it was collected before. */
  result(item: string): Promise<Buffer | null> {
    return this.#redis.hgetBuffer(`${this.#root}:results`, item);
  }

  /** Whether there is a result, collected or not. */
  async hasResult(item: string): Promise<boolean> {
    return (await this.#redis.hexists(`${this.#root}:results`, item)) === 1;
  }

  /** Leaves a mark, so that a second result that comes late is dropped. */
  async collected(item: string): Promise<void> {
    await this.#redis.hset(`${this.#root}:results`, item, '');
  }

  async forgetResult(item: string): Promise<void> {
    await this.#redis.hdel(`${this.#root}:results`, item);
  }

  /** Names and results live on for another while. */
  async refresh(...names: readonly string[]): Promise<void> {
    for (const name of [...names, 'results']) await this.#redis.expire(`${this.#root}:${name}`, LIFETIME);
  }
}
