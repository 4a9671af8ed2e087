/** @file What an action of `robenc models` is given. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandContext } from '../../config/command.js';
import { RobencError } from '../../errors.js';
import { parseReference } from '../../package/labels.js';
import type { Layout } from '../../evaluation/preprocessing.js';
import type { DeviceRequest } from '../../runtime/types.js';

export interface ActionOptions {
  readonly model: string | undefined;
  /** Absolute. */
  readonly models: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly label: readonly string[];
  readonly publicKey: readonly string[];
  readonly requireSignature: boolean;
  readonly key: string | undefined;
  readonly keep: number | undefined;
  readonly dryRun: boolean;
  readonly device: DeviceRequest;
  readonly name: string | undefined;
  readonly modelVersion: string;
  readonly role: 'classifier' | 'encoder';
  readonly mean: readonly string[];
  readonly std: readonly string[];
  readonly layout: Layout;
  readonly range: readonly string[];
  readonly classes: readonly string[];
  readonly resize: string | undefined;
  readonly output: string | undefined;
  readonly attack: boolean;
}

export interface Action {
  readonly name: string;
  /** What comes after the name. */
  readonly usage: string;
  readonly summary: string;
  /** Resolves to the exit code. */
  run(options: ActionOptions, context: CommandContext): Promise<number>;
}

/** The model that an action needs. Throws `usage`. */
export function needModel(action: string, { model }: ActionOptions, what = 'name, name@version or name@label'): string {
  if (model === undefined) throw new RobencError('usage', `robenc models ${action} needs to know which: ${what}.`, { field: 'model' });
  return model;
}

/** Name and version, both given. Throws `usage`. */
export function needVersion(action: string, options: ActionOptions): { name: string; version: string } {
  const reference = needModel(action, options, 'name@version');
  const { name, version } = parseReference(reference);
  if (version === undefined) throw new RobencError('usage', `robenc models ${action} ${reference}: name the version too, as in ${name}@1.`, { field: 'model' });
  return { name, version };
}

/** At most one label. Throws `usage`. */
export function oneLabel({ label }: ActionOptions): { label?: string } {
  if (label.length > 1) throw new RobencError('usage', `Give one --label, not ${label.length}.`, { field: 'label' });
  return label.length === 0 ? {} : { label: label[0]! };
}

/** Where a package is: a folder that exists, or a reference into the models folder. */
export function placeOf(model: string, { models }: ActionOptions, cwd: string): readonly [folder: string, reference?: string] {
  const folder = resolve(cwd, model);
  return /[\\/]/.test(model) && statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? [folder] : [models, model];
}
