/** @file The certificate and key of HTTPS, read from their files. */
import { createSecureContext } from 'node:tls';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import type { Settings } from '../settings/settings.js';

/** PEM texts. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** Throws `usage` naming the file that cannot be read, is not what it should be, or does not go with the other. */
export function tlsOf({ tlsCert, tlsKey }: Settings, read: (path: string) => string): Tls | null {
  if (tlsCert === undefined || tlsKey === undefined) return null;
  const text = (path: string, field: string) => {
    try {
      return read(path);
    } catch (cause) {
      throw new RobencError('usage', `${path} cannot be read: ${messageOf(cause)}.`, { cause, field });
    }
  };
  const [cert, key] = [text(tlsCert, 'tlsCert'), text(tlsKey, 'tlsKey')];
  const tried = (pem: Partial<Tls>, field: string, complaint: string) => {
    try {
      createSecureContext(pem);
    } catch (cause) {
      throw new RobencError('usage', `${complaint}: ${messageOf(cause)}.`, { cause, field });
    }
  };
  tried({ cert }, 'tlsCert', `${tlsCert} (--tls-cert) is no certificate in PEM form`);
  tried({ key }, 'tlsKey', `${tlsKey} (--tls-key) is no private key in PEM form without a passphrase`);
  tried({ cert, key }, 'tlsKey', `The key ${tlsKey} is not that of the certificate ${tlsCert}`);
  return { cert, key };
}
