/** @file The part of multer that the server uses; the package has no types of its own. */
declare module 'multer' {
  import type { IncomingMessage } from 'node:http';
  import type { Readable } from 'node:stream';

  export interface MulterFile {
    fieldname: string;
    buffer: Buffer;
  }
  export interface MulterRequest extends Readable {
    headers: IncomingMessage['headers'];
    body?: Record<string, string | string[]>;
    files?: MulterFile[];
  }
  interface Multer {
    any(): (request: MulterRequest, response: null, next: (error?: unknown) => void) => void;
  }
  interface Options {
    storage: object;
    limits: { files?: number; fields?: number; fieldSize?: number; fileSize?: number; parts?: number };
  }
  function multer(options: Options): Multer;
  namespace multer {
    function memoryStorage(): object;
  }
  export default multer;
}
