/** @file The second half of the quickstart: a server as a process of its own, asked over real HTTP. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { commandLine, ROBENC } from './command.js';
import { EPSILON } from './training.js';

export interface ServingOptions {
  readonly models: string;
  readonly out: string;
  readonly port: string;
  readonly serve: boolean;
  /** Path of the image to ask about. */
  readonly sample: string;
}

export interface Served {
  readonly url: string;
  /** What the server answered, in lines for people. */
  readonly lines: readonly string[];
  readonly summary: object;
  /** Resolves when the server that was left up has ended. */
  readonly untilStopped: () => Promise<void>;
}

interface Prediction {
  readonly label: string;
  readonly probability: number;
}

interface Robustness {
  readonly results: readonly {
    readonly verdict: string;
    readonly clean: Prediction;
    readonly adversarial: Prediction;
    readonly embeddingCosineShift: number;
    readonly adversarialImage: { readonly png: string } | null;
  }[];
}

/** Starts the server, embeds, classifies and attacks the sample; stops the server unless it is to stay. */
export async function serveAndAsk({ models, out, port, serve, sample }: ServingOptions): Promise<Served> {
  const { child, url } = await startServer(['serve', '--models', models, '--model', 'quickstart', '--port', port]);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    const image = readFileSync(sample).toString('base64');
    const embedding = await post<{ size: number; embeddings: number[][] }>(`${url}/v1/embed`, { image });
    const whole = await post<{ results: { prediction: Prediction }[] }>(`${url}/v1/classify`, { image });
    const aggregate = await post<{ results: { prediction: Prediction }[] }>(`${url}/v1/classify`, { image, crops: 8, seed: 0 });
    const [checked] = (await post<Robustness>(`${url}/v1/robustness`, { image, epsilon: EPSILON, attack: 'pgd', steps: 10, adversarialImage: true })).results;
    const adversarial = join(out, 'adversarial.png');
    writeFileAtomic(adversarial, Buffer.from(checked!.adversarialImage!.png, 'base64'));
    const say = ({ label, probability }: Prediction): string => `${label} (${(100 * probability).toFixed(0)} %)`;
    return {
      url,
      lines: [
        `embed:      ${embedding.size} numbers, the first ${embedding.embeddings[0]!.slice(0, 3)
          .map((value) => value.toFixed(3))
          .join(', ')}`,
        `classify:   whole image ${say(whole.results[0]!.prediction)}, mean of 8 crops ${say(aggregate.results[0]!.prediction)}`,
        `robustness: ${say(checked!.clean)} becomes ${say(checked!.adversarial)} within ${EPSILON}: ${checked!.verdict}; embedding moved by ${checked!.embeddingCosineShift.toFixed(4)} (cosine)`,
        `adversarial image: ${adversarial}`,
      ],
      summary: {
        url,
        embeddingSize: embedding.size,
        prediction: whole.results[0]!.prediction.label,
        aggregate: aggregate.results[0]!.prediction.label,
        verdict: checked!.verdict,
        adversarial,
      },
      untilStopped: () => ended,
    };
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  } finally {
    if (!serve) {
      child.kill('SIGTERM');
      await ended;
    }
  }
}

/** Starts `robenc serve` and waits for the address that it prints. */
async function startServer(args: readonly string[]): Promise<{ child: ChildProcess; url: string }> {
  console.error(`\n$ ${commandLine(args)}`);
  const child = spawn(process.execPath, [ROBENC, ...args, '--json', '--log-level', 'warn'], { stdio: ['ignore', 'pipe', 'inherit'] });
  // The server must not outlive a quickstart that is interrupted.
  const stop = (): void => void child.kill('SIGTERM');
  process.once('exit', stop);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  for (let waited = 0; waited < 60_000; waited += 50) {
    const line = text.split('\n').find((part) => part.includes('"url"'));
    if (line) return { child, url: (JSON.parse(line) as { url: string }).url };
    if (child.exitCode !== null) throw new RobencError('unavailable', `The server ended with exit code ${child.exitCode} before it was ready: ${text.trim()}`);
    await sleep(50);
  }
  stop();
  throw new RobencError('unavailable', 'The server was not ready within a minute.');
}

async function post<T>(url: string, body: object): Promise<T> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const answer = (await response.json()) as T;
  if (!response.ok) throw new RobencError('mismatch', `POST ${url} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}
