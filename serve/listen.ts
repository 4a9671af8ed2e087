/** @file Taking a port, and saying what is wrong with it. */
import type { AddressInfo, Server } from 'node:net';
import { messageOf, RobencError } from '@robenc/shared/errors.js';

/** The address as clients write it. */
export function urlOf({ family, address, port }: AddressInfo, secure: boolean): string {
  return `${secure ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Binds a server to a port. Throws `io` naming the flag to change. */
export function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(listenFailure(cause, host, port)));
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

function listenFailure(cause: NodeJS.ErrnoException, host: string, port: number): RobencError {
  const where = `port ${port} on ${host}`;
  const [message, field] =
    cause.code === 'EADDRINUSE'
      ? [`The ${where} is in use. Choose another with --port, or --port 0 for any free one.`, 'port']
      : cause.code === 'EACCES'
        ? [`The ${where} may not be used by this user. Choose one above 1023 with --port.`, 'port']
        : [`Could not listen on ${where}: ${messageOf(cause)}. Check --host and --port.`, 'host'];
  return new RobencError('io', message, { cause, field });
}
