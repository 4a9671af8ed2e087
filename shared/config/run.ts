/** @file The run file: everything that decides what a training run does, as a schema with defaults. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Type, type Static, type TObject, type TProperties } from '@sinclair/typebox';
import { messageOf, RobencError } from '../errors.js';
import { readBytes } from '../files.js';
import { check } from './check.js';
import { setByPath } from './override.js';
import { flagGiver, type GiverOf } from './run-flags.js';

const closed = { additionalProperties: false };

/** An object that may be left out whole: then all its fields have their defaults. */
function section<P extends TProperties>(properties: P, options: object = closed): TObject<P> {
  return Type.Object(properties, { ...options, default: {} });
}

/** A choice from one of train's tables: these fields are known here, the others are checked against the chosen entry (see named.ts). */
function choice<P extends TProperties>(name: string, properties: P) {
  return section({ name: Type.String({ minLength: 1, default: name }), ...properties }, { additionalProperties: true });
}

const count = (options: object = {}) => Type.Integer({ minimum: 1, ...options });

/** The sections that choose an entry of one of train's tables. */
const CHOICES = ['encoder', 'loss', 'optimizer', 'schedule', 'adversary'];

export const RunConfig = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
      default: 'encoder',
      description: 'a model name of lower-case letters, digits, dots, dashes and underscores',
    }),
    /** All chance of the run follows from it. */
    seed: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1, default: 0 }),
    /** The training images. Either may be left out: a path alone tells its format, a name alone must be a built-in set. */
    data: section({
      name: Type.Optional(Type.String()),
      path: Type.Optional(Type.String()),
      /** Only that many images, spread evenly over the classes where there are labels. */
      limit: Type.Optional(count()),
      /** The share of an image folder without train/ and test/ that training leaves for testing; heads and evaluation of the run keep to it. */
      holdOut: Type.Optional(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 })),
      /** Height and width in pixels that every image is brought to before views are cut from it. */
      size: count({ minimum: 8, default: 32 }),
    }),
    encoder: choice('resnet-small', {}),
    loss: choice('emp-ssl', {}),
    views: section({
      /** How boxes are drawn: `crops` or `patches`. */
      scheme: Type.String({ default: 'crops' }),
      /** Views of each image; a self-supervised loss compares them, so it takes two or more. */
      count: count({ default: 16 }),
      /** Of the crop scheme and the photometric operations; checked by them. */
      options: Type.Record(Type.String(), Type.Unknown(), { default: {} }),
    }),
    batchSize: count({ minimum: 2, default: 100 }),
    epochs: Type.Number({ exclusiveMinimum: 0, default: 10 }),
    /** The run ends at whichever of epochs, steps (batches) and minutes comes first. */
    /** 0 keeps the untrained encoder: a baseline. */
    maxSteps: Type.Optional(Type.Integer({ minimum: 0 })),
    maxMinutes: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    optimizer: choice('lars', { learningRate: Type.Number({ exclusiveMinimum: 0, default: 0.3 }) }),
    /** `unit`: whether the rate moves on with every batch or with every replay of it. */
    schedule: choice('cosine', { unit: Type.Union([Type.Literal('batch'), Type.Literal('replay')], { default: 'batch' }) }),
    adversary: choice('free', {}),
    /** A running average of the encoder over the steps; it is what is evaluated and exported. */
    average: Type.Optional(Type.Object({ decay: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, default: 0.99 }) }, closed)),
    engine: section({
      name: Type.String({ default: 'onnx' }),
      device: Type.Union([Type.Literal('auto'), Type.Literal('cpu'), Type.Literal('cuda'), Type.Literal('webgpu')], { default: 'auto' }),
      /** `mixed`: products in float16 with float32 weights and loss scaling, for GPUs. */
      precision: Type.Union([Type.Literal('float32'), Type.Literal('mixed')], { default: 'float32' }),
      /** Replays of a batch inside one run of the graph, a divisor of them; by default one on a CPU, all on a GPU. */
      replaysPerRun: Type.Optional(count()),
      /** On CPUs: `auto` takes convolutions in blocks of channels where they were found right, `plain` never. */
      convolutions: Type.Union([Type.Literal('auto'), Type.Literal('plain')], { default: 'auto' }),
      /** Threads of one step; by default as many as there are cores. */
      threads: Type.Optional(count({ maximum: 256 })),
    }),
    checkpoint: section({
      everyMinutes: Type.Number({ exclusiveMinimum: 0, default: 5 }),
      /** How many of the newest are kept, beside the best one. */
      keep: count({ default: 2 }),
      /** Which one heads are fitted on, is evaluated and exported. */
      use: Type.Union([Type.Literal('last'), Type.Literal('best')], { default: 'last' }),
    }),
    /** Accuracy of nearest neighbours on held-out images during training; off unless it is there. With neither period, after every epoch. */
    validation: Type.Optional(
      Type.Object(
        {
          everyEpochs: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
          /** Of training, validations not counted. */
          everySeconds: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
          /** Held-out images. */
          images: count({ default: 500 }),
          /** Training images whose neighbours vote. */
          bank: count({ default: 2000 }),
          k: count({ default: 20 }),
          temperature: Type.Number({ exclusiveMinimum: 0, default: 0.07 }),
          /** Linf radius and steps of PGD on the embedding. */
          epsilon: Type.Union([Type.Number({ minimum: 0 }), Type.String()], { default: '8/255' }),
          steps: count({ default: 5 }),
        },
        closed,
      ),
    ),
    /** Folder of checkpoints, metrics and the finished parameters; by default runs/<name>. */
    out: Type.Optional(Type.String({ minLength: 1 })),
  },
  closed,
);
/** A whole run, all defaults filled in. */
export type RunConfig = Static<typeof RunConfig> & { readonly out: string };

/**
 * A run from a file, an object, or nothing (all defaults), with overrides by dotted path, e.g. `{'views.count': 8}`; overrides that are undefined are ignored.
 * Relative paths in it start from the folder the program runs in. Throws `not-found`, `bad-file`, `bad-input`, or `usage`
 * where an override is at fault, naming file and field. `giverOf` says where an override came from; by default it is a flag.
 */
export function loadRunConfig(source: string | object = {}, overrides: Readonly<Record<string, unknown>> = {}, giverOf: GiverOf = flagGiver): RunConfig {
  const what = typeof source === 'string' ? source : 'run';
  const value: unknown = typeof source === 'string' ? readRunFile(source) : source;
  try {
    const run = check(RunConfig, overridden(value, overrides, what), what);
    checkTogether(run, what);
    return { ...run, out: run.out ?? `runs/${run.name}` };
  } catch (error) {
    throw blameFlags(error, overrides, giverOf);
  }
}

/** A run file. Throws `usage` for a folder, and says how to go on with the run in it. */
function readRunFile(path: string): unknown {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return readJson(path);
  const inside = join(path, 'run.json');
  const remedy = existsSync(inside) ? `To go on with the run in it: robenc train ${inside} --resume.` : 'Give a run file.';
  throw new RobencError('usage', `${path} is a folder. ${remedy}`, { field: path });
}

/** A fault in a field that an override set is that of who gave it (of a flag: `usage`), not the file's, and is told so. */
export function blameFlags(error: unknown, overrides: Readonly<Record<string, unknown>>, giverOf: GiverOf = flagGiver): unknown {
  if (!(error instanceof RobencError) || error.code !== 'bad-input') return error;
  const { field = '', message } = error;
  const path = Object.keys(overrides).find(
    (one) => overrides[one] !== undefined && (one === field || field.startsWith(`${one}.`) || field.startsWith(`${one}[`)),
  );
  if (path === undefined) return error;
  const giver = giverOf(path);
  // Without the file before it: its value was not looked at.
  const at = message.indexOf(path);
  const own = at > 0 && message.slice(0, at).endsWith(': ') ? message.slice(at) : message;
  return new RobencError(giver.code, `${giver.name === null ? '' : `${giver.name}: `}${own}`, { cause: error, field: giver.field ?? field });
}

/** Names of choices go first: choosing another entry drops the options of the one that the file chose, and the other overrides are options of the new one. */
function overridden(value: unknown, overrides: Readonly<Record<string, unknown>>, what: string): unknown {
  const given = Object.entries(overrides).filter(([, override]) => override !== undefined);
  const chooses = ([path]: [string, unknown]) => CHOICES.some((section) => path === `${section}.name`);
  const isGiven = (path: string) => given.some(([one]) => one === path);
  let result = value;
  const set = (path: string, replacement: unknown) => (result = setIn(result, path, replacement, what));
  // Another path may hold another kind of data: what lies there decides, not the name that the file had for its own.
  if (isGiven('data.path') && !isGiven('data.name')) set('data.name', undefined);
  for (const [path, name] of given.filter(chooses)) {
    const section = path.split('.')[0]!;
    const present = (result as Record<string, { name?: unknown } | undefined> | null)?.[section];
    set(section, present?.name === name ? present : { name });
  }
  for (const [path, override] of given.filter((entry) => !chooses(entry))) set(path, override);
  return result;
}

/** What is in the way of an override is the file's. */
function setIn(value: unknown, path: string, replacement: unknown, what: string): unknown {
  try {
    return setByPath(value, path, replacement);
  } catch (cause) {
    const { message, field } = cause as RobencError;
    throw new RobencError('bad-input', `${what}: ${message}`, { cause, field: field || what });
  }
}

/** A JSON file. Throws `not-found` or `bad-file`. */
export function readJson(path: string): unknown {
  const text = readBytes(path, path).toString('utf8');
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new RobencError('bad-file', `${path} is not JSON: ${messageOf(cause)}.`, { cause, field: path });
  }
}

/** What the schema cannot say: fields that must fit each other. */
function checkTogether(run: Static<typeof RunConfig>, what: string): void {
  const { data, batchSize, schedule, adversary } = run;
  if (data.limit !== undefined && data.limit < batchSize)
    throw new RobencError('bad-input', `${what}: data.limit is ${data.limit}, less than one batch of ${batchSize}. Raise data.limit or lower batchSize.`, {
      field: 'data.limit',
    });
  if (schedule.unit === 'replay' && adversary.name !== 'free')
    throw new RobencError(
      'bad-input',
      `${what}: schedule.unit is "replay", but adversary "${adversary.name}" replays nothing. Use "batch", or adversary "free".`,
      {
        field: 'schedule.unit',
      },
    );
}
