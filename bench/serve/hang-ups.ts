/** @file A process whose clients send a request and hang up before the answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { payloadOf, type Payload } from './bodies.js';
import { answerQuestions } from './pinned.js';

export interface HangUps {
  readonly url: string;
  readonly path: string;
  readonly payload: Payload;
  readonly count: number;
  /** At the same time. */
  readonly clients: number;
  /** Milliseconds from sending to hanging up. */
  readonly patience: number;
}

/** Resolves to how many were answered all the same. */
answerQuestions<HangUps>(async ({ url, path, payload, count, clients, patience }) => {
  const { headers, body } = await payloadOf(payload);
  const pool = new Pool(url, { connections: clients, pipelining: 1 });
  let left = count;
  let answered = 0;
  const one = async () => {
    while (left-- > 0) {
      const over = new AbortController();
      const asked = pool.request({ path, method: 'POST', headers, body, signal: over.signal }).then(
        async (answer) => {
          await answer.body.dump();
          answered++;
        },
        () => undefined,
      );
      await sleep(patience);
      over.abort();
      await asked;
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  await pool.destroy();
  return answered;
});
