/** @file Reading server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from a response. */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Server-sent events of a body, wherever it was cut into pieces. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = parts.pop()!;
      for (const part of parts) {
        const event = parse(part);
        if (event !== null) yield event;
      }
    }
  } finally {
    await reader.cancel();
  }
}

/** Null for comments and the like. */
function parse(text: string): ServerEvent | null {
  const lines = text.split('\n').flatMap((line) => {
    const at = line.indexOf(':');
    return at <= 0 ? [] : [[line.slice(0, at), line.slice(at + 1).replace(/^ /, '')] as const];
  });
  const data = lines.filter(([field]) => field === 'data').map(([, value]) => value);
  if (data.length === 0) return null;
  return { event: lines.findLast(([field]) => field === 'event')?.[1] ?? 'message', data: data.join('\n') };
}
