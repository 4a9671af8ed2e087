/** @file The schema of `manifest.json`: what a model package says about itself. docs/model-package.md explains each field. */
import { Type, type Static } from '@sinclair/typebox';

/** Bumped when a reader of the old form would misread the new one; manifest-migrations.ts then says how the old one is read. */
export const MANIFEST_SCHEMA_VERSION = 2;

const closed = { additionalProperties: false } as const;
const text = (description: string) => Type.String({ minLength: 1, maxLength: 2000, description });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const sha256 = (description: string) => Type.String({ pattern: '^[0-9a-f]{64}$', description });

/** Letters, digits, dots, dashes and underscores, starting with a letter or digit: safe as a folder name everywhere. */
export const PackageName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  description: 'at most 64 letters, digits, dots, dashes and underscores, starting with a letter or digit',
});

const FileEntry = Type.Object(
  {
    path: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$', maxLength: 128, description: 'a file name inside the package folder' }),
    bytes: Type.Integer({ minimum: 1 }),
    sha256: sha256('SHA-256 of the file, 64 lower-case hexadecimal digits'),
  },
  closed,
);

/** The files of a package by what they are. docs/model-package.md gives the inputs and outputs of each graph. An encoder or a classifier is always there. */
export const ManifestFiles = Type.Object(
  {
    encoder: Type.Optional(FileEntry),
    classifier: Type.Optional(FileEntry),
    aggregateHead: Type.Optional(FileEntry),
    aggregateClassifier: Type.Optional(FileEntry),
    gradient: Type.Optional(FileEntry),
    cropsGradient: Type.Optional(FileEntry),
    embeddingGradient: Type.Optional(FileEntry),
    attack: Type.Optional(FileEntry),
    weights: Type.Optional(FileEntry),
    golden: Type.Optional(FileEntry),
    card: Type.Optional(FileEntry),
    picture: Type.Optional(FileEntry),
  },
  closed,
);

/** The same model in another number format. */
const Variant = Type.Object(
  {
    files: Type.Object({ encoder: Type.Optional(FileEntry), classifier: Type.Optional(FileEntry), weights: Type.Optional(FileEntry) }, closed),
    method: text('how it was made, e.g. static QDQ, per channel'),
    calibration: Type.Optional(text('images that the ranges of activations were measured on')),
    comparison: Type.Optional(
      Type.Object(
        {
          data: text('data set and split'),
          images: count('images that accuracies were measured on'),
          accuracy: Type.Number({ description: 'clean accuracy of the variant' }),
          referenceAccuracy: Type.Number({ description: 'clean accuracy in float32, on the same images' }),
          robust: Type.Optional(
            Type.Object(
              {
                attack: text('the attack; adversarial images are made on the float32 gradients'),
                epsilon: Type.Number({ minimum: 0, description: 'Linf radius in pixels of [0,1]' }),
                accuracy: Type.Number(),
                referenceAccuracy: Type.Number(),
                images: count('images that were attacked'),
              },
              closed,
            ),
          ),
          speed: Type.Optional(Type.Number({ minimum: 0, description: 'images a second divided by those of float32, in one run on one machine' })),
        },
        closed,
      ),
    ),
    bytes: count('bytes of its files together'),
  },
  closed,
);

/** Where the graphs came from. */
const Origin = Type.Object(
  {
    kind: Type.Union([Type.Literal('run'), Type.Literal('onnx'), Type.Literal('tfjs')], { description: 'a training run, or an imported file' }),
    file: Type.Optional(text('name of the imported file')),
    sha256: Type.Optional(sha256('SHA-256 of the imported file')),
    assumptions: Type.Optional(Type.Array(text('what was taken for granted about the imported model'))),
  },
  closed,
);

export const InputContract = Type.Object(
  {
    name: Type.Literal('image'),
    layout: Type.Literal('NCHW'),
    channels: Type.Literal('RGB'),
    range: Type.Tuple([Type.Literal(0), Type.Literal(1)]),
    height: Type.Integer({ minimum: 1, maximum: 4096 }),
    width: Type.Integer({ minimum: 1, maximum: 4096 }),
    fit: Type.Union([Type.Literal('cover'), Type.Literal('contain'), Type.Literal('stretch')], {
      description: 'how images of another size are brought to this one',
    }),
  },
  closed,
);

export const CropSchemeName = Type.Union([Type.Literal('crops'), Type.Literal('patches')]);

const Score = Type.Object(
  {
    metric: text('what was measured, e.g. accuracy'),
    head: Type.Union([Type.Literal('image'), Type.Literal('aggregate')]),
    threat: Type.Union([Type.Literal('none'), Type.Literal('image'), Type.Literal('crops')], {
      description: 'what the attack may change: nothing, the whole image, or each crop by itself',
    }),
    attack: Type.Optional(text('name and options of the attack')),
    epsilon: Type.Number({ minimum: 0, description: 'Linf radius in pixels of [0,1]' }),
    value: Type.Number(),
    interval: Type.Tuple([Type.Number(), Type.Number()], { description: '95 % interval of the value' }),
    images: count('how many images it was measured on'),
    data: Type.Optional(text('data set and split')),
  },
  closed,
);

const Parity = Type.Object(
  {
    graph: text('which graph of the package'),
    against: text('what it was compared with'),
    maxRelativeError: Type.Number({ minimum: 0 }),
    maxAbsoluteError: Type.Number({ minimum: 0 }),
    images: count('how many images were compared'),
    tolerance: Type.Number({ minimum: 0, description: 'the greatest relative error that lets the export pass' }),
  },
  closed,
);

export const Manifest = Type.Object(
  {
    schemaVersion: Type.Literal(MANIFEST_SCHEMA_VERSION),
    name: PackageName,
    version: PackageName,
    createdAt: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$', description: 'a UTC time such as 2030-01-31T12:00:00Z' }),
    producer: Type.Object({ name: text('program that wrote the package'), version: text('its version') }, closed),
    origin: Origin,
    files: ManifestFiles,
    variants: Type.Optional(Type.Object({ float16: Type.Optional(Variant), int8: Type.Optional(Variant) }, closed)),
    input: InputContract,
    classes: Type.Array(text('class name'), { maxItems: 100_000, description: 'class names in the order of the logits; empty where there is no classifier' }),
    embeddingSize: Type.Integer({ minimum: 0, description: 'numbers in an embedding; 0 where there is no encoder' }),
    training: Type.Object(
      {
        method: text('how the encoder was trained, e.g. cf-amc-ssl'),
        configDigest: Type.Optional(sha256('SHA-256 of the run configuration')),
        seed: Type.Integer({ minimum: 0 }),
        data: text('data set and split'),
        epochs: Type.Number({ minimum: 0 }),
        imagesSeen: count('images that went through the optimiser, repeats counted'),
        minutes: Type.Number({ minimum: 0, description: 'wall-clock minutes' }),
      },
      closed,
    ),
    heads: Type.Object(
      {
        image: Type.Optional(Type.Object({ fittedOn: text('data the whole-image head was fitted on') }, closed)),
        aggregate: Type.Optional(
          Type.Object({ crops: Type.Integer({ minimum: 1 }), scheme: CropSchemeName, fittedOn: text('data the patch-aggregate head was fitted on') }, closed),
        ),
      },
      closed,
    ),
    scores: Type.Array(Score),
    parity: Type.Array(Parity),
  },
  closed,
);

export type Manifest = Static<typeof Manifest>;
export type ManifestFile = Static<typeof FileEntry>;
/** What a file of a package is: a graph, or one of `weights`, `golden`, `card` and `picture`. */
export type FileRole = keyof Static<typeof ManifestFiles>;
/** The roles of the graphs. */
export type GraphRole = Exclude<FileRole, 'weights' | 'golden' | 'card' | 'picture'>;
export type VariantName = 'float16' | 'int8';
export type ManifestVariant = Static<typeof Variant>;
export type InputContract = Static<typeof InputContract>;
export type CropSchemeName = Static<typeof CropSchemeName>;
