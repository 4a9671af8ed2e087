/** @file API keys: who may do what. Keys are kept and compared as SHA-256 digests, in a time that does not depend on how much of a key is right. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Type, type Static } from '@sinclair/typebox';
import { check } from '@robenc/shared/config/check.js';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { ApiError } from '../errors.js';

/** What a request may need: inference, audits, or changes of what is served. */
export const SCOPES = ['infer', 'audit', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

const closed = { additionalProperties: false } as const;
const KeyEntry = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$', description: 'at most 64 letters, digits, dots, dashes and underscores' }),
    key: Type.Optional(Type.String({ minLength: 16, description: 'the key, of at least 16 characters' })),
    sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description: 'the SHA-256 of the key, 64 lower-case hexadecimal digits' })),
    scopes: Type.Array(Type.Union(SCOPES.map((scope) => Type.Literal(scope))), { minItems: 1 }),
  },
  closed,
);
export const KeyFile = Type.Object({ keys: Type.Array(KeyEntry, { minItems: 1 }) }, closed);

interface Holder {
  readonly name: string;
  readonly digest: Buffer;
  readonly scopes: ReadonlySet<Scope>;
}

/** The keys of a file, read again when it changes. */
export class Keyring {
  readonly #path: string | null;
  #holders: readonly Holder[] = [];

  /** Reads the keys; without a path everyone may infer, and nobody may do anything else. Throws `bad-file`. */
  constructor(path: string | null) {
    this.#path = path;
    this.reload();
  }

  get open(): boolean {
    return this.#path === null;
  }

  /** Names of the keys and what each may do; no secrets. */
  get summary(): string {
    return this.open ? 'none: anyone may infer' : this.#holders.map(({ name, scopes }) => `${name} (${[...scopes].join(', ')})`).join(', ');
  }

  /** Reads the file again; on a fault the keys stay as they were. */
  reload(): void {
    if (this.#path !== null) this.#holders = readKeys(this.#path);
  }

  /** The name of the key that the request carries; null without keys. Throws `unauthorized` or `forbidden`. */
  admit(request: IncomingMessage, scope: Scope): string | null {
    if (this.open) {
      if (scope === 'infer') return null;
      throw new ApiError('forbidden', `This server has no API keys, so nobody may use what needs the scope "${scope}".`, {
        remedy: 'Start it with --keys.',
      });
    }
    const given = keyOf(request);
    const holder = given === null ? undefined : this.#find(given);
    if (holder === undefined)
      throw new ApiError('unauthorized', given === null ? 'The request has no API key.' : 'The API key is not known.', {
        remedy: 'Send the header "Authorization: Bearer KEY" or "X-API-Key: KEY".',
        headers: { 'www-authenticate': 'Bearer realm="robenc"' },
      });
    if (!holder.scopes.has(scope)) throw new ApiError('forbidden', `The API key "${holder.name}" has not the scope "${scope}".`);
    return holder.name;
  }

  /** Looks at every key, found or not. */
  #find(given: string): Holder | undefined {
    const digest = createHash('sha256').update(given).digest();
    let found: Holder | undefined;
    for (const holder of this.#holders) if (timingSafeEqual(holder.digest, digest)) found = holder;
    return found;
  }
}

function keyOf({ headers }: IncomingMessage): string | null {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const own = headers['x-api-key'];
  return bearer ?? (typeof own === 'string' && own !== '' ? own : null);
}

function readKeys(path: string): Holder[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    // The cause may quote the file, and the file holds secrets.
    throw new RobencError(
      'bad-file',
      `The key file ${path} cannot be read as JSON${(cause as NodeJS.ErrnoException).code === 'ENOENT' ? ': there is no such file' : ''}.`,
      {
        field: 'keys',
      },
    );
  }
  const { keys } = checkWithoutValues(value, path);
  return keys.map(({ name, key, sha256, scopes }) => {
    if ((key === undefined) === (sha256 === undefined))
      throw new RobencError('bad-file', `${path}: the key "${name}" must have either "key" or "sha256".`, { field: 'keys' });
    const digest = sha256 === undefined ? createHash('sha256').update(key!).digest() : Buffer.from(sha256, 'hex');
    return { name, digest, scopes: new Set(scopes) };
  });
}

/** Messages of a schema quote the value that is wrong, which may be a key. */
function checkWithoutValues(value: unknown, path: string): Static<typeof KeyFile> {
  try {
    return check(KeyFile, value, path, { code: 'bad-file' });
  } catch (cause) {
    const where = cause instanceof RobencError ? (cause.field ?? '') : messageOf(cause);
    throw new RobencError(
      'bad-file',
      `The key file ${path} is wrong at "${where}". It must be {"keys": [{"name": ..., "key": ... (16 characters or more) or "sha256": ..., "scopes": [${SCOPES.map((scope) => `"${scope}"`).join(', ')}]}]}.`,
      { field: 'keys' },
    );
  }
}
