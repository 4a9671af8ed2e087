/** @file The sweep file: many training runs from one base, listed or as a grid of values. */
import { Type, type Static } from '@sinclair/typebox';

const closed = { additionalProperties: false };
/** A run file by its path, or its contents. */
const RunSource = Type.Union([Type.String({ minLength: 1 }), Type.Record(Type.String(), Type.Unknown())]);
/** Values by the dotted path of a field of the run file. */
const Settings = Type.Record(Type.String({ minLength: 1 }), Type.Unknown());

export const SweepConfig = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$', default: 'sweep' }),
    /** What all runs start from; paths are relative to the folder that the program runs in. Absent: every field has its default. */
    base: Type.Optional(RunSource),
    /** Changes for all runs. */
    set: Type.Optional(Settings),
    /** Every combination of these values is a run, the last path changing fastest. */
    grid: Type.Optional(Type.Record(Type.String({ minLength: 1 }), Type.Array(Type.Unknown(), { minItems: 1 }), { minProperties: 1 })),
    /** Runs one by one: a run file, or changes to the base. With a grid, each is combined with every point of it. */
    runs: Type.Optional(Type.Array(Type.Union([Type.String({ minLength: 1 }), Type.Object({ set: Settings }, closed)]), { minItems: 1 })),
    /** Folder of the runs; by default runs/<name>. */
    out: Type.Optional(Type.String({ minLength: 1 })),
    /** Runs at once. */
    parallel: Type.Integer({ minimum: 1, maximum: 64, default: 1 }),
  },
  closed,
);
export type SweepConfig = Static<typeof SweepConfig>;
