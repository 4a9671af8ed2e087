/** @file The certificate and key of HTTPS, read from their files. */
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import type { Settings } from '../settings/settings.js';

/** PEM texts. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** Throws `usage` naming the file that cannot be read. */
export function tlsOf({ tlsCert, tlsKey }: Settings, read: (path: string) => string): Tls | null {
  if (tlsCert === undefined || tlsKey === undefined) return null;
  const text = (path: string, field: string) => {
    try {
      return read(path);
    } catch (cause) {
      throw new RobencError('usage', `${path} cannot be read: ${messageOf(cause)}.`, { cause, field });
    }
  };
  return { cert: text(tlsCert, 'tlsCert'), key: text(tlsKey, 'tlsKey') };
}
