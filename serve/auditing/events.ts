/** @file An audit as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import type { ServerResponse } from 'node:http';
import type { Audits } from './audits.js';
import { isOver, type AuditRecord } from './record.js';

/** A line now and then keeps proxies from closing a quiet stream. */
const SIGN_OF_LIFE_MS = 15_000;
/** Clients that lose the stream shall wait so long before they ask again. */
const RETRY_MS = 2_000;

/** Writes the audit as it is and after every change. Resolves when it is over, its reader has gone, or the server stops. */
export function streamEvents(audits: Audits, id: string, response: ServerResponse, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let number = 0;
    const write = (record: AuditRecord) => {
      response.write(`id: ${++number}\nevent: audit\ndata: ${JSON.stringify(record)}\n\n`);
      if (isOver(record)) end();
    };
    const timer = setInterval(() => response.write(': still here\n\n'), SIGN_OF_LIFE_MS);
    const end = () => {
      clearInterval(timer);
      unwatch();
      stopping.removeEventListener('abort', end);
      response.end();
      resolve();
    };
    const unwatch = audits.watch(id, write);
    response.once('close', end);
    if (stopping.aborted) return end();
    stopping.addEventListener('abort', end);
    response.write(`retry: ${RETRY_MS}\n\n`);
    write(audits.get(id));
  });
}
