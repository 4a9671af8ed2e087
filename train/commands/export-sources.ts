/** @file Which flags of `robenc export` belong to which kind of source: one that would do nothing is refused. */
import { RobencError } from '@robenc/shared/errors.js';

export type ExportSource = 'a training run' | 'a TensorFlow.js model' | 'a package';

/** A flag, whether it was given, and the sources that it is for. */
interface SourceFlag {
  readonly flag: string;
  readonly given: boolean;
  readonly for: readonly ExportSource[];
}

/** Throws `usage` naming the first flag that is not for the source. */
export function refuseForeignFlags(source: ExportSource, options: SourceOptions): void {
  const wrong = flagsOf(options).find(({ given, for: sources }) => given && !sources.includes(source));
  if (wrong) throw new RobencError('usage', `--${wrong.flag} is for ${wrong.for.join(' or ')}, and this is ${source}. Leave it out.`, { field: wrong.flag });
}

interface SourceOptions {
  readonly precision: readonly string[];
  readonly attack: boolean;
  readonly sign?: string | undefined;
  readonly name?: string | undefined;
  readonly size?: string | undefined;
  readonly role: string;
  readonly mean: readonly string[];
  readonly std: readonly string[];
  readonly range: readonly string[];
  readonly classes: readonly string[];
  readonly output?: string | undefined;
}

function flagsOf({ precision, attack, sign, name, size, role, mean, std, range, classes, output }: SourceOptions): SourceFlag[] {
  const [run, tfjs] = ['a training run', 'a TensorFlow.js model'] as const;
  const flagsFor = (sources: SourceFlag['for'], flags: Readonly<Record<string, boolean>>): SourceFlag[] =>
    Object.entries(flags).map(([flag, given]) => ({ flag, given, for: sources }));
  return [
    ...flagsFor([run], { precision: precision.length > 0 }),
    ...flagsFor([run, tfjs], { attack, sign: sign !== undefined, name: name !== undefined }),
    ...flagsFor([tfjs], {
      size: size !== undefined,
      role: role !== 'classifier',
      mean: mean.length > 0,
      std: std.length > 0,
      range: range.length > 0,
      classes: classes.length > 0,
      output: output !== undefined,
    }),
  ];
}
