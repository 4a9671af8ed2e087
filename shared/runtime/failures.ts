/** @file What ONNX Runtime says when it fails, as errors of ours that name the model and what to do. */
import { statSync } from 'node:fs';
import { messageOf, RobencError, type ErrorCode } from '../errors.js';

/** First match wins. */
const LOAD_FAILURES: readonly { readonly pattern: RegExp; readonly code: ErrorCode; readonly sentence: string }[] = [
  {
    pattern: /protobuf parsing failed|INVALID_PROTOBUF/i,
    code: 'bad-file',
    sentence: 'is not a readable ONNX model; it may be cut off or damaged. Copy or export it again',
  },
  {
    pattern: /model_path must not be empty|external data|external initializer/i,
    code: 'bad-file',
    sentence: 'keeps parameters in another file that cannot be read',
  },
  { pattern: /opset|ir_version|IR version/i, code: 'unsupported', sentence: 'is written in a version of ONNX that this ONNX Runtime does not run' },
  {
    pattern: /NOT_IMPLEMENTED|not a registered function|No Op registered|Could not find an implementation/i,
    code: 'unsupported',
    sentence: 'uses an operator that ONNX Runtime does not have',
  },
];

/** The error for a model that cannot be opened. `name` is its path, or what it is called in messages. */
export function loadFailure(cause: unknown, name: string): RobencError {
  const said = shorten(messageOf(cause));
  const known = LOAD_FAILURES.find(({ pattern }) => pattern.test(said));
  return new RobencError(known?.code ?? 'bad-file', `${name} ${known?.sentence ?? 'is not a valid ONNX model'} (${said}).`, { cause, field: name });
}

/** The error for a run that fails although every feed fits what the model declares. */
export function runFailure(cause: unknown, name: string): RobencError {
  const said = shorten(messageOf(cause));
  if (/bad_alloc|failed to allocate|out of memory|array buffer allocation/i.test(said))
    return new RobencError('unavailable', `${name}: not enough memory for this run; give fewer images at once (${said}).`, { cause });
  return new RobencError('bad-input', `${name} cannot run on these inputs, although they fit the types and shapes that it declares (${said}).`, { cause });
}

/** The error for a run after `close()`. */
export function closedError(name: string): RobencError {
  return new RobencError('cancelled', `${name} is closed; open it again to run it.`);
}

/** Throws `not-found` or `bad-file` for a path that is not a file with something in it. */
export function checkModelFile(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new RobencError('not-found', `There is no model file ${path}. Check the path.`, { field: path });
  if (!stat.isFile()) throw new RobencError('bad-file', `${path} is not a file. Give the path of an .onnx file.`, { field: path });
  if (stat.size === 0) throw new RobencError('bad-file', `${path} is empty (0 bytes). Copy or export it again.`, { field: path });
}

/** One line without the runtime's source paths, codes and full stop. */
export function shorten(text: string): string {
  const line = text
    .replaceAll(/\s+/g, ' ')
    .replace(/^Error: /, '')
    .replaceAll(/(\/[\w.+-]+)+\.(cc|h|cpp):\d+\s*/g, '')
    .replaceAll(/(onnxruntime)?::[\w:]*(<lambda\(\)>|\([^)]*\))(::<lambda\(\)>)?\s*(\[[^\]]*\])?\s*/g, '')
    .replace(/[.\s]+$/, '');
  return line.length > 300 ? `${line.slice(0, 297)}...` : line;
}
