/** @file From the flags of an audit to what will be done, with every assumption written down and where it came from. */
import type { AuditAssumption } from '@robenc/shared/config/audit.js';
import type { Manifest } from '@robenc/shared/config/manifest.js';
import type { SizePolicy } from '@robenc/shared/images/fit.js';
import { readClassNames } from '@robenc/shared/evaluation/class-map.js';
import { readFlags, type AuditSettings } from '@robenc/shared/evaluation/flag-values.js';
import type { ModelInput, Preprocessing } from '@robenc/shared/evaluation/preprocessing.js';

export interface AuditPlan {
  readonly preprocessing: Preprocessing;
  /** Absent: images keep their size, and must all have the same. */
  readonly size: SizePolicy | undefined;
  /** Class names in the order of the logits, or null: class i of the data is logit i. */
  readonly classNames: readonly string[] | null;
  readonly assumptions: readonly AuditAssumption[];
}

/** What a package or a server says of its model. */
export interface ServedInput {
  readonly classes: Manifest['classes'];
  readonly input: Pick<Manifest['input'], 'fit'>;
}

/** Decides everything that does not need the images. Throws `usage`, naming the flag. */
export function planAudit(settings: AuditSettings, manifest: ServedInput | null, input: ModelInput): AuditPlan {
  const values = readFlags(settings);
  const preprocessing = { layout: settings.layout ?? 'nchw', range: values.range ?? [0, 1], mean: values.mean ?? [0], std: values.std ?? [1] } as const;
  const given = readClassNames(settings.classes);
  const classNames = given ?? manifest?.classes ?? null;
  const size = sizePolicy(values.resize, manifest, input);
  const note = (name: string, value: string, isGiven: boolean, flag: string | null, otherwise: AuditAssumption['source'] = 'default'): AuditAssumption => ({
    name,
    value,
    source: isGiven ? 'flag' : otherwise,
    flag,
  });
  const fromManifest = manifest === null ? 'default' : 'manifest';
  const assumptions = [
    note('channels', input.channels === 3 ? 'RGB' : 'grey, computed in the graph from RGB (0.299, 0.587, 0.114)', false, null, 'model'),
    note('layout', preprocessing.layout.toUpperCase(), settings.layout !== undefined, '--layout', fromManifest),
    note('range', `pixels are fed as ${preprocessing.range[0]} to ${preprocessing.range[1]}`, values.range !== null, '--range', fromManifest),
    note('mean', preprocessing.mean.join(', ') + (values.mean === null ? ' (none subtracted)' : ''), values.mean !== null, '--mean', fromManifest),
    note('std', preprocessing.std.join(', ') + (values.std === null ? ' (not divided)' : ''), values.std !== null, '--std', fromManifest),
    note(
      'classes',
      classNames === null ? 'class folders in lexicographic order are logit 0, 1, …' : `by name, ${classNames.length} names`,
      given !== null,
      '--classes',
      fromManifest,
    ),
    note('size', sizeNote(size), values.resize !== null, '--resize', fromManifest),
    note(
      'images',
      settings.limit === undefined ? 'all' : `${settings.limit} at most, chosen by the seed alike from every class`,
      settings.limit !== undefined,
      '--limit',
    ),
    note('seed', String(settings.seed), settings.seed !== 0, '--seed'),
    note('norm', settings.norm, settings.norm !== 'linf', '--norm'),
  ];
  return { preprocessing, size, classNames, assumptions };
}

function sizePolicy(
  resize: { fit: 'cover' | 'contain' | 'stretch'; size: { height: number; width: number } | null } | null,
  manifest: ServedInput | null,
  input: ModelInput,
): SizePolicy | undefined {
  const size = input.size ?? resize?.size ?? null;
  if (size === null) return undefined;
  return { ...size, fit: resize?.fit ?? manifest?.input.fit ?? 'exact' };
}

function sizeNote(size: SizePolicy | undefined): string {
  if (size === undefined) return 'images keep their size, which must be the same for all';
  const text = `${size.height}x${size.width} (height x width)`;
  return size.fit === 'exact' ? `images must have ${text}` : `images are brought to ${text} by ${size.fit}`;
}
