/** @file Keeps the states of a run: the newest every few minutes, and the best whenever a better one is found. */
import { existsSync } from 'node:fs';
import { RobencError } from '@robenc/shared/errors.js';
import { bestPath, loadCheckpoint, saveBest, saveCheckpoint, type Checkpoint } from './checkpoint.js';
import { beats, type Score } from './score.js';

/** The newest batches whose mean loss is the score of a run that does not validate; fewer where an epoch is shorter. */
const LOSS_WINDOW = 100;

export interface KeeperOptions {
  readonly folder: string;
  readonly keep: number;
  readonly runDigest: string;
  readonly madeBy: string;
  readonly perEpoch: number;
  /** Whether scores come from validations, else from the loss. */
  readonly validates: boolean;
  /** Losses of the batches before this start of the run, oldest first. */
  readonly losses: readonly number[];
}

/** A place in the run with the state there. */
export type Kept = Pick<Checkpoint, 'step' | 'seconds' | 'state'>;

/** Writes checkpoints, and knows the best score so far, over all starts of the run, which a new state has to beat. */
export class Keeper {
  #best: Score | null;
  readonly #options: KeeperOptions;
  readonly #window: number;
  #losses: number[];

  /** `note` hears of a best checkpoint that cannot be read: then the next score is the best. */
  constructor(options: KeeperOptions, note: (line: string) => void) {
    this.#options = options;
    this.#window = Math.min(LOSS_WINDOW, options.perEpoch);
    this.#losses = options.losses.slice(-this.#window);
    this.#best = bestScore(options.folder, options.runDigest, note);
  }

  /** Hears of every batch. */
  sawLoss(loss: number): void {
    this.#losses.push(loss);
    if (this.#losses.length > this.#window) this.#losses.shift();
  }

  /** Saves the newest state; without validations it may be the best one as well. Throws `io`. */
  save(kept: Kept): void {
    const { folder, keep, validates } = this.#options;
    const mean = this.#losses.reduce((sum, loss) => sum + loss, 0) / this.#losses.length;
    const score: Score | null = validates || this.#losses.length === 0 ? null : { measure: 'loss', value: mean };
    saveCheckpoint(folder, this.#checkpoint(kept, score), keep);
    if (score !== null) this.#offer(kept, score);
  }

  /** A validation has measured this state: keeps it if it is the best one. Throws `io`. */
  validated(kept: Kept, found: { clean: number; robust: number }): void {
    this.#offer(kept, { measure: 'robust', value: found.robust, clean: found.clean });
  }

  #offer(kept: Kept, score: Score): void {
    if (!beats(score, this.#best)) return;
    saveBest(this.#options.folder, this.#checkpoint(kept, score));
    this.#best = score;
  }

  #checkpoint(kept: Kept, score: Score | null): Checkpoint {
    const { runDigest, madeBy } = this.#options;
    return { ...kept, runDigest, madeBy, score };
  }
}

function bestScore(folder: string, runDigest: string, note: (line: string) => void): Score | null {
  if (!existsSync(bestPath(folder))) return null;
  try {
    const best = loadCheckpoint(bestPath(folder));
    return best.runDigest === runDigest ? best.score : null;
  } catch (error) {
    if (!(error instanceof RobencError)) throw error;
    note(`${error.message} The next good state takes its place.`);
    return null;
  }
}
