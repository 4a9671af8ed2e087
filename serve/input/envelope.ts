/** @file Reading JSON from strangers: size and depth are bounded before any schema walks over it. */
import { isUtf8 } from 'node:buffer';
import { ApiError } from '../errors.js';

/** A request is a flat object with a few lists; anything larger is an attack or a mistake. */
const MAX_DEPTH = 8;

/** The object that a JSON body holds. Throws `bad_input` for anything else. */
export function parseEnvelope(body: Buffer, maxValues: number, maxDepth = MAX_DEPTH): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(textOf(body));
  } catch (cause) {
    throw new ApiError('bad_input', `The body is not JSON: ${String((cause as Error).message).slice(0, 200)}.`, {
      field: 'body',
      remedy: 'Send one JSON object in UTF-8.',
      cause,
    });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new ApiError('bad_input', 'The body is JSON, but not an object.', { field: 'body', remedy: 'Send an object such as {"image": "..."}.' });
  refuseUnbounded(value, maxValues, maxDepth);
  return value as Record<string, unknown>;
}

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** What a strict TextDecoder gives, which to make and to ask takes longer than most bodies are worth. */
function textOf(body: Buffer): string {
  if (!isUtf8(body)) return new TextDecoder('utf-8', { fatal: true }).decode(body);
  const marked = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return body.toString('utf8', marked ? BYTE_ORDER_MARK.length : 0);
}

/** Without recursion, so that deep nesting cannot overflow the stack here or in the code that trusts this check. */
function refuseUnbounded(root: object, maxValues: number, maxDepth: number): void {
  let level: object[] = [root];
  let values = 0;
  for (let depth = 1; level.length > 0; depth++) {
    const next: object[] = [];
    for (const item of level) {
      const children: unknown[] = Array.isArray(item) ? item : Object.values(item);
      values += children.length;
      if (values > maxValues || depth > maxDepth)
        throw new ApiError('bad_input', `The JSON body has more than ${maxValues} values or ${maxDepth} levels.`, {
          field: 'body',
          remedy: 'Send images as base64 text, not as lists of numbers.',
        });
      for (const child of children) if (child !== null && typeof child === 'object') next.push(child);
    }
    level = next;
  }
}
