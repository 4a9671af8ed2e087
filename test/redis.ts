/** @file A Redis server of a test's own, which can be killed and comes back with what it had. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { skip } from './skip.js';

/** Milliseconds that the server may take to answer. */
const PATIENCE = 20_000;

export interface RedisServer {
  /** `redis://127.0.0.1:port` */
  readonly address: string;
  /** Ends the server at once, and starts it again on what its append-only file holds. */
  crash(): Promise<void>;
  /** Ends the server and deletes what it had. */
  stop(): Promise<void>;
}

/** Skips the suite where the program redis-server is not installed. */
export async function startRedis(context: Context): Promise<RedisServer> {
  if (spawnSync('redis-server', ['--version']).status !== 0) skip(context, 'redis-server is not installed (Debian: apt-get install redis-server)');
  const folder = mkdtempSync(join(tmpdir(), 'robenc-redis-'));
  const port = await freePort();
  let server = await start(folder, port);
  const kill = async () => {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  return {
    address: `redis://127.0.0.1:${port}`,
    async crash() {
      await kill();
      server = await start(folder, port);
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true });
    },
  };
}

async function start(folder: string, port: number): Promise<ChildProcess> {
  const settings = { port, bind: '127.0.0.1', dir: folder, appendonly: 'yes', save: '', daemonize: 'no', 'enable-debug-command': 'no' };
  const server = spawn(
    'redis-server',
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    { stdio: 'ignore' },
  );
  for (let waited = 0; waited < PATIENCE; waited += 20) {
    if (await answers(port)) return server;
    if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  server.kill('SIGKILL');
  throw new Error(`redis-server did not answer within ${PATIENCE} ms`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
