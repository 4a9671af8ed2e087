/** @file The address of a model that another server holds: `https://host:8443/v1/classify?model=name`. */
import { RobencError } from '@robenc/shared/errors.js';

export interface RemoteAddress {
  /** Of the server, without a slash at its end. */
  readonly base: string;
  /** As requests name it; null where the server has one model only. */
  readonly model: string | null;
}

export function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** Throws `usage` for an address that is none, holds a password or has parts that mean nothing here. */
export function readAddress(text: string): RemoteAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  const fault = (what: string) =>
    new RobencError(
      'usage',
      `${text.replace(/\/\/[^/]*@/, '//')}: ${what}. Give the address of a robenc server, e.g. http://localhost:8080/v1/classify?model=name.`,
      {
        field: 'model',
      },
    );
  if (url === null || url.hostname === '') throw fault('this is no address');
  if (url.username !== '' || url.password !== '')
    throw fault('a name or a password in an address ends up in reports. Give a key in the environment variable ROBENC_API_KEY');
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1\/classify$/, '');
  const other = [...url.searchParams.keys()].find((name) => name !== 'model');
  if (other !== undefined) throw fault(`"${other}" is not known here; only "model" is`);
  return { base: `${url.origin}${path}`, model: url.searchParams.get('model') };
}
