/** @file How many requests a client may send: a budget per key or address, apart from the bound on all work. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError, retryHeaders } from '../errors.js';

/** How many requests a second each client may send. */
export class Rates {
  readonly #limiter: RateLimiterMemory | null;

  /** `perMinute` null: no limit. */
  constructor(perMinute: number | null) {
    this.#limiter = perMinute === null ? null : new RateLimiterMemory({ points: perMinute, duration: 60 });
  }

  get active(): boolean {
    return this.#limiter !== null;
  }

  /** Rejects with `rate_limited`. */
  async count(client: string): Promise<void> {
    try {
      await this.#limiter?.consume(client);
    } catch (cause) {
      if (!(cause instanceof RateLimiterRes)) throw cause;
      throw new ApiError('rate_limited', `This client has sent more than ${this.#limiter!.points} requests in a minute.`, {
        headers: retryHeaders(Math.max(1, cause.msBeforeNext)),
      });
    }
  }
}
