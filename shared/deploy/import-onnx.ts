/** @file From a third-party ONNX file to a package: its preprocessing goes into the graphs, so that it keeps the contract of every other package. */
import { basename } from 'node:path';
import type { GraphRole, Manifest } from '../config/manifest.js';
import { RobencError, messageOf } from '../errors.js';
import { readFlags } from '../evaluation/flag-values.js';
import { readClassNames } from '../evaluation/class-map.js';
import { modelInput, wrapEncoder, wrapModel, type Layout } from '../evaluation/preprocessing.js';
import { readBytes } from '../files.js';
import { fromOnnx } from '../graph/from-onnx.js';
import type { Graph } from '../graph/value.js';
import type { Size } from '../images/resize.js';
import { sha256 } from '../package/digest.js';
import { Staging, type PackageDescription, type Publication, type WrittenPackage } from '../package/stage.js';
import { cardText } from './card.js';
import { stageGolden } from './golden.js';
import { packageGraphs, stageGraphs, type PackageGraphs } from './graphs.js';

export interface ImportJob {
  /** The ONNX file; or, for graphs that come from elsewhere, the file that they came from. */
  readonly file: string;
  /** The model where `file` is no ONNX file. */
  readonly graph?: Graph | undefined;
  readonly kind?: 'onnx' | 'tfjs';
  /** How far `graph` is from what it was made of. */
  readonly parity?: Manifest['parity'];
  readonly models: string;
  readonly name: string;
  readonly role: 'classifier' | 'encoder';
  /** As the flags of an audit: --mean, --std, --layout, --range, --classes, --resize, --output. */
  readonly mean: readonly string[];
  readonly std: readonly string[];
  readonly layout: Layout;
  readonly range: readonly string[];
  readonly classes: readonly string[];
  readonly resize: string | undefined;
  readonly output: string | undefined;
  readonly attack: boolean;
  readonly createdAt: string;
  readonly producerVersion: string;
  readonly publication: Pick<Publication, 'version' | 'labels' | 'key'>;
  /** Hears of what the package will lack. */
  readonly note: (line: string) => void;
}

/**
 * Writes the package. Throws `usage` naming a flag that does not fit the model, `unsupported` for a model with a fixed batch size, without a fixed image
 * size (unless --resize names one), or with operators that robenc does not know.
 */
export async function importModel(job: ImportJob): Promise<WrittenPackage> {
  const model = job.graph ?? fromOnnx(job.file);
  const input = modelInput(model, job.layout);
  const { mean, std, range, resize } = readFlags(job);
  const size = input.size ?? resize?.size ?? null;
  if (size === null)
    throw new RobencError('usage', `The model takes images of any size (${input.text}). Name one with --resize, e.g. --resize cover:224x224.`, {
      field: 'resize',
    });
  if (typeof input.batch === 'number')
    throw new RobencError(
      'unsupported',
      `The model takes exactly ${input.batch} images at a time (${input.text}); a package needs a batch size that may vary. Export it with a dynamic batch.`,
      {
        field: 'file',
      },
    );
  const preprocessing = { layout: job.layout, range: range ?? ([0, 1] as const), mean: mean ?? [0], std: std ?? [1] };
  const contract = { fit: resize?.fit ?? ('cover' as const), ...size };
  const wrapped = job.role === 'classifier' ? wrapModel(model, input, size, preprocessing, job.output) : null;
  const encoder = wrapped === null ? wrapEncoder(model, input, size, preprocessing, job.output).graph : undefined;
  const classes = wrapped === null ? [] : classNames(readClassNames(job.classes), wrapped.classes);
  const graphs = graphsWithGradients({ classifier: wrapped?.graph, encoder }, job.note);
  const attack = job.attack && graphs.gradient !== undefined;
  const staging = new Staging(job.models, job.name);
  try {
    stageGraphs(staging, graphs, { attack, producerVersion: job.producerVersion, metadata: (graph) => ({ producer: 'robenc', model: job.name, graph }) });
    await stageGolden(staging, [...(Object.keys(graphs) as GraphRole[]), ...(attack ? (['attack'] as const) : [])], classes.length);
    const embeddingSize = (encoder?.outputs[0]?.value.type.shape[1] ?? 0) as number;
    const manifest = describe(job, contract, classes, embeddingSize, [
      `${job.layout.toUpperCase()} images, ${input.channels === 3 ? 'RGB' : 'grey, computed from RGB'}`,
      `pixels fed as ${preprocessing.range.join(' to ')}, mean ${preprocessing.mean.join(', ')}, deviation ${preprocessing.std.join(', ')}`,
      ...(wrapped?.softmaxRemoved ? ['the final Softmax was left out, so that the output is logits'] : []),
      ...(wrapped !== null && job.classes.length === 0 ? ['classes are called by their index'] : []),
    ]);
    staging.put('card', cardText(staging.manifest('0', manifest)));
    return staging.publish({ ...job.publication, manifest });
  } finally {
    staging.discard();
  }
}

/** Gradients where they pass; else the model alone, with a note that says what is in the way. */
function graphsWithGradients(
  { classifier, encoder }: { classifier: Graph | undefined; encoder: Graph | undefined },
  note: (line: string) => void,
): PackageGraphs {
  try {
    return packageGraphs({ classifier, encoder });
  } catch (cause) {
    if (!(cause instanceof RobencError) || cause.code !== 'unsupported') throw cause;
    note(`The package has no gradient graphs: ${messageOf(cause)}`);
    return { ...(classifier && { classifier }), ...(encoder && { encoder }) };
  }
}

function classNames(given: readonly string[] | null, count: number): string[] {
  if (given === null) return Array.from({ length: count }, (_, index) => String(index));
  if (given.length !== count)
    throw new RobencError('usage', `--classes names ${given.length} classes, but the model has ${count} logits. Name the class of each logit.`, {
      field: 'classes',
    });
  return [...given];
}

function describe(
  { file, kind = 'onnx', createdAt, producerVersion, parity = [] }: ImportJob,
  contract: Size & { readonly fit: Manifest['input']['fit'] },
  classes: readonly string[],
  embeddingSize: number,
  assumptions: string[],
): PackageDescription {
  return {
    createdAt,
    producer: { name: 'robenc', version: producerVersion },
    origin: { kind, file: basename(file), sha256: sha256(readBytes(file, 'file')), assumptions },
    input: { name: 'image', layout: 'NCHW', channels: 'RGB', range: [0, 1], ...contract },
    classes: [...classes],
    embeddingSize,
    training: { method: 'imported', seed: 0, data: 'unknown', epochs: 0, imagesSeen: 0, minutes: 0 },
    heads: classes.length > 0 ? { image: { fittedOn: 'unknown' } } : {},
    scores: [],
    parity,
  };
}
