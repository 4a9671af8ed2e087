/** @file A real server on a free port over fixture packages, and a few ways to talk to it. */
import { pino } from 'pino';
import { encodePng } from '@robenc/shared/images/decode.js';
import { Random } from '@robenc/shared/math/random.js';
import { Engine, type EngineOptions } from '@robenc/serve/engine/engine.js';
import { DEFAULT_LIMITS, type Limits } from '@robenc/serve/limits.js';
import { Metrics } from '@robenc/serve/observability/metrics.js';
import { startServer, type RunningServer, type ServerOptions } from '@robenc/serve/server.js';

export interface TestServer extends RunningServer {
  readonly engine: Engine;
  /** Log lines so far, parsed. */
  readonly logs: Record<string, unknown>[];
  close(): Promise<void>;
}

export async function serveFolder(
  modelsFolder: string,
  { limits = {}, server: parts = {}, ...options }: { limits?: Partial<Limits>; server?: Partial<ServerOptions> } & Partial<EngineOptions> = {},
): Promise<TestServer> {
  const now = () => performance.now();
  const metrics = new Metrics();
  const onBatch: EngineOptions['onBatch'] = (report) => metrics.batchDone(report.runner.id, report);
  const engine = await Engine.open({ modelsFolder, references: [], workers: 1, device: 'cpu', batchRows: 16, imageThreads: 1, now, onBatch, ...options });
  const logs: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logs.push(JSON.parse(line) as Record<string, unknown>) });
  const server = await startServer({ engine, limits: { ...DEFAULT_LIMITS, ...limits }, host: '127.0.0.1', port: 0, log, now, metrics, ...parts });
  return {
    ...server,
    engine,
    logs,
    async close() {
      await server.stop({ drainMs: 5_000 });
      await engine.close();
    },
  };
}

/** A PNG file of random blocks. */
export async function png(seed: number, width = 16, height = 16): Promise<Buffer> {
  const random = new Random(seed, 'png');
  const colours = Uint8Array.from({ length: 16 * 3 }, () => random.integer(256));
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const block = Math.floor((y * 4) / height) * 4 + Math.floor((x * 4) / width);
      data.set(colours.subarray(block * 3, block * 3 + 3), (y * width + x) * 3);
    }
  return Buffer.from(await encodePng({ width, height, data }));
}

/** `count` PNG files as base64, from the seed `first` on. */
export function pngs(first: number, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, async (_, i) => (await png(first + i)).toString('base64')));
}

/**
 * A robustness check that keeps a server at work for many seconds, also one on a fast machine: nothing is found within so small
 * a ball, so every step of every restart is made, for all of these images.
 */
export const LONG_CHECK = { epsilon: 1e-6, steps: 1000, stepSize: 1e-6, restarts: 20 };

/** The body of a request for such a check of 16 copies of `image`. */
export const longCheck = (image: string) => ({ images: Array<string>(16).fill(image), ...LONG_CHECK });

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** POSTs JSON (objects) or bytes and reads the JSON answer. */
export async function post<T = never>(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
  const raw = body instanceof Uint8Array || body instanceof FormData || typeof body === 'string';
  const response = await fetch(url, {
    method: 'POST',
    body: raw ? (body as Uint8Array<ArrayBuffer> | FormData | string) : JSON.stringify(body),
    headers: { ...(raw ? {} : { 'content-type': 'application/json' }), ...headers },
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
}

export async function get<T>(url: string, init: RequestInit = {}): Promise<Answer<T>> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
}
