/** @file A second opinion on a conversion: Python's tf2onnx, run as a process of its own. */
import { execa, ExecaError } from 'execa';
import { RobencError } from '@robenc/shared/errors.js';

export interface Tf2onnxJob {
  /** model.json of a graph model of TensorFlow.js. */
  readonly modelJson: string;
  /** The ONNX file to write. */
  readonly output: string;
  /** The Python to use: a name on PATH, or a path. */
  readonly python: string;
  readonly opset: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Hears every line that tf2onnx prints. */
  readonly tell: (line: string) => void;
}

/** What to install: the last versions that go together. tf2onnx needs protobuf 3, and so an older TensorFlow. */
export const TF2ONNX_REMEDY =
  'Install it into a Python of its own: python3 -m venv tf2onnx && tf2onnx/bin/pip install tf2onnx==1.16.1 tensorflow-cpu==2.15.1 "onnx<1.18" "numpy<2", and pass --python tf2onnx/bin/python.';

/** How long a stopped converter may take to end before it is killed. */
const GRACE_MS = 2_000;

/**
 * Runs `python -m tf2onnx.convert --tfjs`. Throws `unavailable` when Python, tf2onnx or TensorFlow is missing (with what to do) or when time is up,
 * `cancelled` when stopped, `unsupported` with tf2onnx's own words when it cannot convert the model.
 */
export async function convertWithTf2onnx({ modelJson, output, python, opset, timeoutMs, signal, tell }: Tf2onnxJob): Promise<void> {
  const lines: string[] = [];
  try {
    const child = execa(python, ['-m', 'tf2onnx.convert', '--tfjs', modelJson, '--output', output, '--opset', String(opset)], {
      stdin: 'ignore',
      all: true,
      buffer: false,
      cancelSignal: signal,
      timeout: timeoutMs,
      forceKillAfterDelay: GRACE_MS,
      env: { TF_CPP_MIN_LOG_LEVEL: '2', PYTHONUNBUFFERED: '1' },
    });
    for await (const line of child.iterable({ from: 'all' })) {
      lines.push(String(line));
      tell(String(line));
    }
    await child;
  } catch (cause) {
    throw explained(cause, { python, timeoutMs, signal, lines });
  }
}

function explained(
  cause: unknown,
  { python, timeoutMs, signal, lines }: Pick<Tf2onnxJob, 'python' | 'timeoutMs' | 'signal'> & { lines: readonly string[] },
): unknown {
  if (!(cause instanceof ExecaError)) return cause;
  if (signal.aborted || cause.isCanceled) return new RobencError('cancelled', 'tf2onnx was stopped.', { cause });
  if (cause.timedOut)
    return new RobencError('unavailable', `tf2onnx did not end within ${timeoutMs / 1000} s and was stopped. Give it more with --timeout.`, {
      cause,
      field: 'timeout',
    });
  if (cause.code === 'ENOENT' || cause.code === 'EACCES')
    return new RobencError('unavailable', `There is no Python to run at "${python}". ${TF2ONNX_REMEDY}`, { cause, field: 'python' });
  const missing = lines.map((line) => /No module named '?([\w.]+)/.exec(line)?.[1]).find((name) => name !== undefined);
  if (missing !== undefined)
    return new RobencError('unavailable', `${missing} is not installed for "${python}". ${TF2ONNX_REMEDY}`, { cause, field: 'python' });
  const told =
    lines.findLast((line) => /^[\w.]*(Error|Exception)\b/.test(line)) ?? lines.findLast((line) => /ERROR/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  return new RobencError('unsupported', `tf2onnx cannot convert this model (exit code ${cause.exitCode ?? 'none'}): ${told}`, { cause });
}
