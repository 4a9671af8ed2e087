/** @file The process that sends requests and times their answers: as many as come back (closed), or at a rate whatever comes back (open). */
import { Pool, type Dispatcher } from 'undici';
import { payloadOf, type Payload } from './bodies.js';
import { answerQuestions } from './pinned.js';
import { quantile } from './statistics.js';

export interface Load {
  readonly url: string;
  readonly path: string;
  readonly payload: Payload;
  readonly headers?: Readonly<Record<string, string>>;
  readonly seconds: number;
  /** Connections that each send the next request when the one before is answered; or, where a rate is given, all there are. */
  readonly connections: number;
  /** Requests in a second, sent when they are due. */
  readonly rate?: number;
}

export interface Times {
  readonly count: number;
  /** Milliseconds; of an open load from when the request was due, so that waiting before it could be sent counts. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

export interface LoadReport {
  readonly seconds: number;
  /** Seconds until the last answer. */
  readonly elapsed: number;
  /** Answers by status, and `lost` for connections that broke. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests answered with 200 in a second, within the time of the load. */
  readonly rate: number;
  readonly accepted: Times;
  readonly refused: Times;
  /** 429s that do not say when to come again in both headers. */
  readonly mute: number;
}

answerQuestions<Load>(async (load) => {
  const pool = new Pool(load.url, { connections: load.connections, pipelining: 1, headersTimeout: 120_000, bodyTimeout: 120_000 });
  try {
    return await (load.rate === undefined ? closedLoop(pool, load) : openLoop(pool, load, load.rate));
  } finally {
    await pool.destroy();
  }
});

class Book {
  readonly #statuses: Record<string, number> = {};
  readonly #accepted: number[] = [];
  readonly #refused: number[] = [];
  #within = 0;
  #mute = 0;

  note(status: string, ms: number, { within, mute }: { within: boolean; mute: boolean }): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    (status === '200' ? this.#accepted : this.#refused).push(ms);
    if (status === '200' && within) this.#within++;
    if (mute) this.#mute++;
  }

  report(seconds: number, start: number): LoadReport {
    return {
      seconds,
      elapsed: (performance.now() - start) / 1000,
      statuses: this.#statuses,
      rate: this.#within / seconds,
      accepted: timesOf(this.#accepted),
      refused: timesOf(this.#refused),
      mute: this.#mute,
    };
  }
}

function timesOf(values: readonly number[]): Times {
  return { count: values.length, p50: quantile(values, 0.5), p99: quantile(values, 0.99), most: quantile(values, 1) };
}

/** Sends one request and notes what came of it. */
async function send(pool: Pool, options: Dispatcher.RequestOptions, book: Book, due: number, end: number): Promise<void> {
  try {
    const { statusCode, headers, body } = await pool.request(options);
    for await (const _ of body);
    const now = performance.now();
    const mute = statusCode === 429 && (headers['retry-after'] === undefined || headers['retry-after-ms'] === undefined);
    book.note(String(statusCode), now - due, { within: now <= end, mute });
  } catch {
    book.note('lost', performance.now() - due, { within: false, mute: false });
  }
}

async function requestOf({ path, payload, headers }: Load): Promise<Dispatcher.RequestOptions> {
  const made = await payloadOf(payload);
  return { path, method: 'POST', body: made.body, headers: { ...made.headers, ...headers } };
}

async function closedLoop(pool: Pool, load: Load): Promise<LoadReport> {
  const book = new Book();
  const request = await requestOf(load);
  const start = performance.now();
  const end = start + load.seconds * 1000;
  const one = async () => {
    for (let now = start; now < end; now = performance.now()) await send(pool, request, book, now, end);
  };
  await Promise.all(Array.from({ length: load.connections }, one));
  return book.report(load.seconds, start);
}

async function openLoop(pool: Pool, load: Load, rate: number): Promise<LoadReport> {
  const book = new Book();
  const request = await requestOf(load);
  const start = performance.now();
  const end = start + load.seconds * 1000;
  const sent: Promise<void>[] = [];
  for (let due = start; due < end;) {
    for (const now = performance.now(); due <= now && due < end; due = start + (sent.length * 1000) / rate) sent.push(send(pool, request, book, due, end));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(sent);
  return book.report(load.seconds, start);
}
