/** @file What may be asked of an audit over HTTP: a subset of the flags of `robenc audit`, none of which names a path. */
import { Type, type Static } from '@sinclair/typebox';
import { chooseAttack, type ChosenAttack } from '@robenc/audit/choose.js';
import { corruptionNames } from '@robenc/audit/corruptions.js';
import { threats } from '@robenc/audit/threats/index.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { presets } from '@robenc/shared/attacks/presets.js';
import { RobencError } from '@robenc/shared/errors.js';
import { readDistance } from '@robenc/shared/evaluation/attack-options.js';
import { ApiError } from '../errors.js';

const oneOf = <T extends string>(names: readonly T[], description: string) =>
  Type.Union(
    names.map((name) => Type.Literal(name)),
    { description },
  );
const Distance = Type.Union([Type.Number({ minimum: 0 }), Type.String({ maxLength: 40 })]);
const count = (maximum: number, description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum, description }));

export const AuditOptions = Type.Object(
  {
    model: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'which served model: name, or name@version. May be left out where all that is served has one name.',
      }),
    ),
    data: Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$',
      description: 'a data set as GET /v1/audits lists them, or a folder in one: letters, digits, ".", "_", "-" and "/"',
    }),
    epsilons: Type.Optional(Type.Array(Distance, { minItems: 1, maxItems: 16, description: 'radii in pixels of [0,1]: numbers or fractions such as "8/255"' })),
    norm: Type.Optional(
      Type.Union([Type.Literal('linf'), Type.Literal('l2'), Type.Literal('l1')], { description: 'norm of the ball; linf, and l2 of the preset certify' }),
    ),
    preset: Type.Optional(oneOf(presets.names, 'which attacks are made, each on what survived the ones before')),
    attack: Type.Optional(oneOf(attacks.names, 'one attack instead of a preset; pgd')),
    threat: Type.Union(
      threats.names.map((name) => Type.Literal(name)),
      { default: 'image', description: 'what is attacked, and what the adversary may change' },
    ),
    steps: count(100_000, 'steps of the attacks that have them'),
    stepSize: Type.Optional(Type.Union(Distance.anyOf, { description: 'length of a step, as epsilons' })),
    restarts: count(1_000, 'runs from other random starts'),
    targets: count(1_000, 'classes that targeted attacks try'),
    queries: count(1_000_000, 'points that square tries'),
    sigma: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 10, description: 'deviation of the noise of the preset certify' })),
    draws: count(10_000_000, 'noisy copies of each image that the preset certify counts'),
    alpha: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 0.5, description: 'how often a certificate may be wrong' })),
    corruptions: Type.Optional(
      Type.Array(oneOf(corruptionNames, 'families, main or all'), {
        maxItems: 40,
        description: 'common corruptions that are looked at besides, or by the preset corruptions',
      }),
    ),
    split: Type.Union([Type.Literal('train'), Type.Literal('test')], { default: 'test', description: 'which part of data that has parts' }),
    holdOut: Type.Optional(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, description: 'share of an undivided folder that counts as test' })),
    limit: count(100_000_000, 'attack only so many images, chosen by the seed alike from every class'),
    seed: Type.Integer({ default: 0, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'all chance follows from it' }),
    failUnder: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'the least robust accuracy that passes' })),
    maxMinutes: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000, description: 'end after that time; what is known then is an upper bound' }),
    ),
  },
  { additionalProperties: false },
);
export type AuditOptions = Static<typeof AuditOptions>;

/** The radii, the attack and its constants as an audit takes them. */
export function attackOf(options: AuditOptions) {
  const { preset, attack, steps, stepSize, restarts, targets, queries, sigma, draws, alpha } = options;
  const norm = options.norm ?? (preset !== undefined && presets.get(preset).certifies === true ? 'l2' : 'linf');
  return {
    preset,
    attack,
    norm,
    smoothing: { sigma, draws, alpha },
    corruptions: options.corruptions ?? [],
    epsilons: (options.epsilons ?? []).map(String),
    attackOptions: { steps, restarts, stepSize: stepSize === undefined ? undefined : readDistance('step-size', String(stepSize), norm), targets, queries },
  };
}

/** Throws `bad_input` for radii, a preset or constants that an audit would refuse. */
export function checkAttack(options: AuditOptions): ChosenAttack {
  try {
    return chooseAttack(attackOf(options));
  } catch (cause) {
    if (!(cause instanceof RobencError)) throw cause;
    throw new ApiError('bad_input', fieldsForFlags(cause.message), { field: fieldOf(cause.field), cause });
  }
}

const OTHERWISE_NAMED: Readonly<Record<string, string>> = { eps: 'epsilons' };

/** Audits speak of flags; requests have fields: `--step-size` is `stepSize`. Nobody is sent to a field that requests do not have. */
export function fieldsForFlags(message: string): string {
  return message
    .replaceAll(/, change with --([a-z][a-z-]*)/g, (advice, flag: string) => (isField(flag) ? advice : ''))
    .replaceAll(/--([a-z][a-z-]*)/g, (_, flag: string) => `"${fieldOf(flag)}"${isField(flag) ? '' : ' (of robenc audit alone)'}`);
}

function isField(flag: string): boolean {
  return fieldOf(flag) in AuditOptions.properties;
}

function fieldOf(flag: string): string;
function fieldOf(flag: string | undefined): string | null;
function fieldOf(flag: string | undefined): string | null {
  if (flag === undefined) return null;
  const name = flag.replace(/^--/, '').replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return OTHERWISE_NAMED[name] ?? name;
}
