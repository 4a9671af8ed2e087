/** @file A connection to Redis that fails at once where nothing answers at first, and waits for the server to come back later. */
import type { Redis } from 'ioredis';
import { messageOf, RobencError } from '../../errors.js';
import type { QueueAddress } from './address.js';

/** Milliseconds that the first connection may take, and between two tries to come back at most. */
const [PATIENCE, LONGEST_PAUSE] = [10_000, 2_000];

/** Throws `unavailable` where no server answers. */
export async function refuseUnreachable(address: QueueAddress): Promise<void> {
  (await connectRedis(address, () => undefined)).disconnect();
}

/** Throws `unavailable` where no server answers, or lets us in. Commands that are under way when the connection breaks are sent again. */
export async function connectRedis(address: QueueAddress, tell: (line: string) => void): Promise<Redis> {
  const { Redis: Client } = await import('ioredis');
  let [isThere, isTold] = [false, false];
  const redis = new Client(address.url, {
    lazyConnect: true,
    connectTimeout: PATIENCE,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isThere ? Math.min(100 * times, LONGEST_PAUSE) : null),
  });
  let reason = '';
  redis.on('error', (error: Error) => {
    reason = messageOf(error) || String((error as NodeJS.ErrnoException).code);
    if (isThere && !isTold) tell(`The queue at ${address.text} does not answer (${reason}). Waiting until it does.`);
    isTold = isThere;
  });
  redis.on('ready', () => (isTold = false));
  try {
    await redis.connect();
  } catch (cause) {
    redis.disconnect();
    const why = reason === '' ? messageOf(cause) : reason;
    const message = /NOAUTH|WRONGPASS|NOPERM/.test(why)
      ? `The Redis server at ${address.text} wants a user or password: ${why}. Give --queue redis://user:password@host:port, or redis://:password@host:port.`
      : `No Redis server answers at ${address.text}: ${why}. Start one, or give another address with --queue.`;
    throw new RobencError('unavailable', message, { cause, field: 'queue' });
  }
  isThere = true;
  return redis;
}
