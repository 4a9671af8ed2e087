/** @file Detached ed25519 signatures of manifests. Since a manifest holds the digests of all files, one signature covers the whole package. */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, RobencError } from '../errors.js';
import { readBytes } from '../files.js';
import { MANIFEST_FILE, SIGNATURE_FILE } from './layout.js';

/** Whose signatures count. */
export interface Trust {
  /** Any of these keys may have signed. */
  readonly keys: readonly KeyObject[];
  /** Refuse packages without a signature. */
  readonly required: boolean;
}

/** An ed25519 private key from a PEM file (`openssl genpkey -algorithm ed25519`). Throws `bad-file` for anything else. */
export function readPrivateKey(path: string): KeyObject {
  return ed25519(path, 'private', createPrivateKey);
}

/** An ed25519 public key from a PEM file (`openssl pkey -pubout`). Throws `bad-file` for anything else. */
export function readPublicKey(path: string): KeyObject {
  return ed25519(path, 'public', createPublicKey);
}

function ed25519(path: string, kind: string, make: (pem: Buffer) => KeyObject): KeyObject {
  let key;
  try {
    key = make(readBytes(path, path));
  } catch (cause) {
    if (cause instanceof RobencError) throw cause;
    throw new RobencError('bad-file', `${path} is no ${kind} key in PEM format: ${messageOf(cause)}.`, { cause, field: path });
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new RobencError('bad-file', `${path} is a key for ${key.asymmetricKeyType ?? 'something else'}; an ed25519 key is needed.`, { field: path });
  return key;
}

/** The signature of a manifest as its file holds it: one line of base64. */
export function signatureText(manifest: Uint8Array, key: KeyObject): string {
  return `${sign(null, manifest, key).toString('base64')}\n`;
}

/**
 * Checks the signature of the manifest in a package folder; with no keys, only that there is one where it is required.
 * Throws `bad-file` naming the signature when it is missing though required, or not by any of the keys over these very bytes.
 */
export function checkSignature(folder: string, manifest: Uint8Array, { keys, required }: Trust): void {
  const path = join(folder, SIGNATURE_FILE);
  if (!existsSync(path)) {
    if (!required) return;
    throw new RobencError(
      'bad-file',
      `${folder} is not signed: ${SIGNATURE_FILE} is missing. Sign it with \`robenc models sign\`, or do without --require-signature.`,
      {
        field: path,
      },
    );
  }
  if (keys.length === 0) {
    if (!required) return;
    throw new RobencError('usage', 'A signature is required, but no public key says whose. Give one with --public-key.', { field: 'publicKey' });
  }
  const text = readFileSync(path, 'utf8');
  const signature = Buffer.from(text, 'base64');
  if (signature.length !== 64 || `${signature.toString('base64')}\n` !== text || !keys.some((key) => verify(null, manifest, key, signature)))
    throw new RobencError(
      'bad-file',
      `${path} is no signature of ${MANIFEST_FILE} by any of the given keys: the manifest was edited after it was signed, or somebody else signed it.`,
      { field: path },
    );
}
