/** @file Finds out which call in user code read a tensor, for the message that refuses it. */

const FRAME = /^\s*at (?:async )?(?:(.*?) \()?(.*?)\)?$/;
/** Source maps give tfjs's files the names of its own repository. */
const LIBRARY = /node_modules|tfjs-core[\\/]|^node:/;
const METHODS = new Set(['data', 'dataSync', 'array', 'arraySync', 'print', 'toString', 'buffer', 'bufferSync', 'bytes', 'bytesSync']);

/** The outermost tensor method on the stack (`fallback` where the stack does not tell) and the first place outside of libraries. */
export function readerOf(fallback: string): { call: string; place: string | null } {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  let call = fallback;
  let inside = false;
  for (const frame of frames) {
    const [, name = '', where = ''] = FRAME.exec(frame) ?? [];
    const library = LIBRARY.test(where);
    // Our own backend comes first, then tfjs, then whoever called it.
    inside ||= library;
    if (!inside) continue;
    if (!library) return { call, place: where === '' ? null : shortened(where) };
    const method = /(?:Tensor|Variable)\d*\.(\w+)(?: \[as (\w+)\])?$/.exec(name);
    const called = method?.[2] ?? method?.[1];
    if (called && METHODS.has(called)) call = called;
  }
  return { call, place: null };
}

/** `encoder.ts:12` instead of a whole path. */
function shortened(where: string): string {
  const [, file = where, line] = /([^/\\]+?):(\d+)(?::\d+)?$/.exec(where) ?? [];
  return line ? `${file}:${line}` : file;
}
