/** @file A process of clients that send a byte in a second, or read one. */
import { connect, type Socket } from 'node:net';
import { payloadOf, type Payload } from './bodies.js';
import { answerQuestions } from './pinned.js';

export interface SlowClients {
  readonly url: string;
  readonly path: string;
  readonly payload: Payload;
  /** Of each kind: slow with the header, with the body, and in reading the answer. */
  readonly each: number;
  readonly seconds: number;
}

export interface SlowReport {
  /** Clients whose connection the server had ended by then, and how many had heard 408 before. */
  readonly ended: number;
  readonly told: number;
  /** Seconds until the last of them was ended. */
  readonly last: number;
}

answerQuestions<SlowClients>(async ({ url, path, payload, each, seconds }): Promise<SlowReport> => {
  const { hostname, port } = new URL(url);
  const { headers, body } = await payloadOf(payload);
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${hostname}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    '',
    '',
  ].join('\r\n');
  const start = performance.now();
  const sockets: Socket[] = [];
  let [ended, told, last] = [0, 0, 0];
  const open = (send: (socket: Socket) => void, read: boolean) => {
    const socket = connect(Number(port), hostname, () => send(socket));
    if (read) socket.on('data', (data: Buffer) => (told += data.toString('latin1').startsWith('HTTP/1.1 408') ? 1 : 0));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      ended++;
      last = (performance.now() - start) / 1000;
    });
    sockets.push(socket);
  };
  const drip = (bytes: Buffer) => (socket: Socket) => {
    let at = 0;
    const timer = setInterval(() => (at < bytes.length && !socket.destroyed ? socket.write(bytes.subarray(at, ++at)) : clearInterval(timer)), 1_000);
    socket.on('close', () => clearInterval(timer));
  };
  for (let i = 0; i < each; i++) {
    open(drip(Buffer.from(head)), true);
    open((socket) => {
      socket.write(head);
      drip(body)(socket);
    }, true);
    // Whoever reads nothing does not notice the end of the connection either; it counts as answered, as long as others are well.
    open((socket) => {
      socket.pause();
      for (let k = 0; k < 64; k++) socket.write(Buffer.concat([Buffer.from(head), body]));
    }, false);
  }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const report = { ended, told, last };
  for (const socket of sockets) socket.destroy();
  return report;
});
