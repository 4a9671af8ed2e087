/** @file The schema of `audit.json`: what an audit of a classifier found, and everything it took for granted. */
import { Type, type Static } from '@sinclair/typebox';

/** Bumped when a reader of the old form would misread the new one. */
export const AUDIT_SCHEMA_VERSION = 2;

const closed = { additionalProperties: false } as const;
const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const interval = (description: string) => Type.Tuple([share('lower end'), share('upper end')], { description });

export const AuditAssumption = Type.Object(
  {
    name: Type.String({ description: 'what it is about, e.g. layout' }),
    value: Type.String(),
    /** `default`: nobody said so. */
    source: Type.Union([Type.Literal('default'), Type.Literal('flag'), Type.Literal('manifest'), Type.Literal('model'), Type.Literal('data')]),
    flag: Type.Union([Type.String(), Type.Null()], { description: 'the flag that changes it' }),
  },
  closed,
);

export const AuditFlag = Type.Object(
  {
    code: Type.String({ pattern: '^[a-z][a-z-]*$' }),
    severity: Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')], {
      description: 'a critical one makes the audit not reliable',
    }),
    message: Type.String({ description: 'what was seen, and what to do' }),
  },
  closed,
);

export const AuditResult = Type.Object(
  {
    norm: Type.Union([Type.Literal('linf'), Type.Literal('l2'), Type.Literal('l1')]),
    epsilon: Type.Number({ minimum: 0, description: 'radius of the ball, in pixels of [0,1]' }),
    attack: Type.String(),
    options: Type.Record(Type.String(), Type.Unknown(), { description: 'every constant of the attack' }),
    images: count('images attacked: all of them'),
    cleanCorrect: count('images classified correctly without an attack'),
    cleanAccuracy: share('cleanCorrect / images'),
    cleanInterval: interval('exact 95 % interval of cleanAccuracy'),
    robustCorrect: count('images classified correctly without an attack and at every point that the attack tried'),
    robustAccuracy: share('robustCorrect / images: wrong when clean is not robust'),
    interval: interval('exact 95 % interval of robustAccuracy'),
    robustShareOfCorrect: Type.Union([share('robustCorrect / cleanCorrect'), Type.Null()]),
    gradients: count('gradients of single images that were computed'),
  },
  closed,
);

export const AuditStage = Type.Object(
  {
    attack: Type.String(),
    options: Type.Record(Type.String(), Type.Unknown(), { description: 'every constant of the attack' }),
    attacked: count('images that the attack was made on'),
    broken: count('of these, images with a misclassified point that was confirmed'),
    survivors: count('images that stand after it, those that it did not reach included'),
    gradients: count('gradients of single images'),
    queries: count('points whose logits were looked at'),
    unverified: count('claimed points that did not stand when they were looked at again; not counted as broken'),
  },
  closed,
);

export const AuditDisplacement = Type.Object(
  {
    median: Type.Number({ description: 'over the images, of how far the embedding was moved, as a multiple of the distance to the nearest other embedding' }),
    ninth: Type.Number({ description: 'the 90 % quantile of it' }),
    largest: Type.Number(),
  },
  closed,
);

/** One radius of an audit. */
export const AuditRadius = Type.Object(
  {
    ...AuditResult.properties,
    stages: Type.Array(AuditStage, { description: 'the attacks in their order, each on what survived the ones before' }),
    eightBit: Type.Object(
      { broken: count('points that are still misclassified when rounded to whole levels of 8 bits'), of: count('broken images that have a point') },
      closed,
    ),
    displacement: Type.Union([AuditDisplacement, Type.Null()], {
      description: 'only of the threat models embedding-distance (squared distances) and embedding-cosine',
    }),
    classes: Type.Array(
      Type.Object(
        { name: Type.String(), images: count('images'), cleanCorrect: count('right without an attack'), robustCorrect: count('right under attack') },
        closed,
      ),
    ),
  },
  closed,
);

export const AuditCertificate = Type.Object(
  {
    sigma: Type.Number({ exclusiveMinimum: 0, description: 'deviation of the normal noise, in pixels of [0,1]' }),
    draws: count('noisy copies of each image that were counted'),
    choosing: count('copies that chose the class of each image'),
    alpha: Type.Number({ exclusiveMinimum: 0, maximum: 0.5, description: 'how often each certificate may be wrong' }),
    images: count('images'),
    baseCorrect: count('images that the model itself has right, without noise'),
    smoothedCorrect: count('images whose class under noise is the right one, at any radius'),
    abstained: count('images that have no class under noise that is sure enough'),
    farthest: Type.Number({ minimum: 0, description: 'the largest radius that so many draws can certify' }),
    curve: Type.Array(
      Type.Object(
        {
          radius: Type.Number({ minimum: 0, description: 'Euclidean, in pixels of [0,1]' }),
          certified: count('images that are right and certified at the radius'),
          certain: count('of these so many hold at least, all certificates together, with probability 0.999'),
        },
        closed,
      ),
      { description: 'by radius: the radii of the results, and others between 0 and the farthest' },
    ),
  },
  { ...closed, description: 'of --preset certify, whose robust accuracies are lower bounds for the smoothed classifier: the majority over noisy copies' },
);

export const AuditCorruptions = Type.Object(
  {
    constants: Type.Union([Type.Literal('CIFAR-10-C'), Type.Literal('ImageNet-C')], { description: 'whose constants were used: by the size of the images' }),
    families: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          group: Type.String({ description: 'noise, blur, weather or digital' }),
          meanAccuracy: share('mean over the severities'),
          severities: Type.Array(
            Type.Object(
              {
                severity: Type.Integer({ minimum: 1, maximum: 5 }),
                images: count('images'),
                correct: count('of these classified correctly'),
                accuracy: share('correct / images'),
                interval: interval('exact 95 % interval of accuracy'),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    cleanError: share('share of the images that are wrong without a corruption'),
    meanError: share('mean corruption error: over all families and severities, not divided by that of another model'),
  },
  { ...closed, description: 'accuracy under common corruptions' },
);

export const AuditReport = Type.Object(
  {
    schema: Type.Literal('robenc/audit'),
    schemaVersion: Type.Literal(AUDIT_SCHEMA_VERSION),
    createdAt: Type.String({ description: 'UTC time in ISO 8601' }),
    seconds: Type.Number({ minimum: 0 }),
    model: Type.Object(
      {
        path: Type.String(),
        sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
        package: Type.Union([Type.String({ description: 'name@version' }), Type.Null()]),
        input: Type.String({ description: 'name, type and shape' }),
        output: Type.String({ description: 'name, type and shape' }),
        classes: Type.Integer({ minimum: 2 }),
      },
      closed,
    ),
    data: Type.Object(
      {
        path: Type.String(),
        format: Type.String(),
        split: Type.String(),
        images: count('images attacked'),
        height: Type.Integer({ minimum: 1 }),
        width: Type.Integer({ minimum: 1 }),
        classes: Type.Array(Type.Object({ name: Type.String(), logit: Type.Integer({ minimum: 0 }), images: count('images of the class') }, closed)),
      },
      closed,
    ),
    threatModel: Type.Object({ name: Type.String(), text: Type.String() }, closed),
    preset: Type.Object(
      {
        name: Type.String({ description: 'of the preset, or of the one attack' }),
        sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'of all stages with every constant, the norm and the seed' }),
        draws: Type.Integer({ minimum: 1, description: 'answers are means over so many draws; 1: deterministic' }),
        votes: Type.Integer({ minimum: 1, description: 'passes that vote on a claimed misclassification' }),
      },
      closed,
    ),
    assumptions: Type.Array(AuditAssumption),
    seed: Type.Integer({ minimum: 0 }),
    device: Type.String(),
    complete: Type.Boolean({
      description: 'false: time ran out, items failed, or this is a shard; robust accuracies are upper bounds, those of certificates lower ones',
    }),
    incomplete: Type.Union([Type.String({ description: 'why' }), Type.Null()]),
    unverified: count('claimed points that did not stand'),
    results: Type.Array(AuditRadius, { minItems: 1, description: 'one per radius, ascending' }),
    certificate: Type.Optional(AuditCertificate),
    corruptions: Type.Optional(AuditCorruptions),
    curve: Type.Optional(
      Type.Array(
        Type.Object({ epsilon: Type.Number({ minimum: 0 }), standing: count('images of which no misclassified point within the radius is known') }, closed),
        {
          description:
            'accuracy at radii up to the largest one, from how far the points lie that broke the images; upper bounds, fine where the attack looks for near points (--preset minimal)',
        },
      ),
    ),
    flags: Type.Array(AuditFlag),
    reliable: Type.Boolean({ description: 'no flag is critical' }),
    failUnder: Type.Union([share('the least robust accuracy that passes'), Type.Null()]),
    passed: Type.Boolean({
      description: 'every robust accuracy, and the mean one under corruptions, reaches failUnder, and the audit is reliable and complete',
    }),
    stageSeconds: Type.Array(Type.Number({ minimum: 0 }), { description: 'per stage of all radii in their order: seconds of all workers together' }),
  },
  closed,
);

export type AuditAssumption = Static<typeof AuditAssumption>;
export type AuditFlag = Static<typeof AuditFlag>;
export type AuditResult = Static<typeof AuditResult>;
export type AuditStage = Static<typeof AuditStage>;
export type AuditCertificate = Static<typeof AuditCertificate>;
export type AuditCorruptions = Static<typeof AuditCorruptions>;
export type AuditRadius = Static<typeof AuditRadius>;
export type AuditReport = Static<typeof AuditReport>;
