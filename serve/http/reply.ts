/** @file Answers that are more than a JSON object with status 200. */
import type { ServerResponse } from 'node:http';

/** Given back by a route: bytes, another status, more headers, or a stream. */
export class Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | ((response: ServerResponse) => Promise<void>);

  constructor(body: Reply['body'], { status = 200, type, headers = {} }: { status?: number; type?: string; headers?: Record<string, string> } = {}) {
    this.body = body;
    this.status = status;
    this.headers = { ...(type === undefined ? {} : { 'content-type': type }), ...headers };
  }

  static json(value: unknown, options: { status?: number; headers?: Record<string, string> } = {}): Reply {
    return new Reply(JSON.stringify(value), { ...options, type: 'application/json; charset=utf-8' });
  }
}
