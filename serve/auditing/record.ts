/** @file What is known of one audit, as clients see it and as its folder keeps it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { check } from '@robenc/shared/config/check.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { AuditOptions } from './request.js';

const closed = { additionalProperties: false } as const;
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) => Type.Union([schema, Type.Null()], { description });
const Time = Type.String({ description: 'UTC time in ISO 8601' });

export const AuditRecord = Type.Object(
  {
    id: Type.String(),
    object: Type.Literal('audit'),
    state: Type.Union(
      ['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted'].map((state) =>
        Type.Literal(state as 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted'),
      ),
      { description: '"interrupted": its process ended without a word. All but "done" can go on with POST /v1/audits/{audit}/resume.' },
    ),
    model: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String() }, closed),
    request: AuditOptions,
    client: Type.String({ description: 'name of the API key that started it' }),
    createdAt: Time,
    startedAt: orNull(Time, 'when it last began to run'),
    endedAt: orNull(Time, 'when it was over'),
    resumed: Type.Integer({ minimum: 0, description: 'how often it went on after a break' }),
    progress: orNull(
      Type.Object(
        { share: Type.Number({ minimum: 0, maximum: 1, description: 'part of the expected work that is done' }), label: Type.String(), note: Type.String() },
        closed,
      ),
      'while it runs',
    ),
    notes: Type.Array(Type.String(), { description: 'assumptions, estimates and warnings; the last 100' }),
    error: orNull(Type.Object({ code: Type.String(), message: Type.String() }, closed), 'why it failed or was interrupted'),
    outcome: orNull(
      Type.Object(
        {
          reliable: Type.Boolean({ description: 'no critical flag was raised' }),
          complete: Type.Boolean(),
          passed: Type.Boolean({ description: 'every robust accuracy reaches failUnder, and the audit is reliable and complete' }),
          results: Type.Array(
            Type.Object(
              {
                norm: Type.String(),
                epsilon: Type.Number(),
                images: Type.Integer(),
                cleanAccuracy: Type.Number(),
                robustAccuracy: Type.Number({
                  description: 'an upper bound: another attack may break more; of the preset certify a lower one, of the smoothed classifier',
                }),
                interval: Type.Array(Type.Number(), { minItems: 2, maxItems: 2, description: '95 % interval of robustAccuracy' }),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
      'once it is done; GET /v1/audits/{audit}/result has everything',
    ),
  },
  closed,
);
export type AuditRecord = Static<typeof AuditRecord>;

export const isOver = ({ state }: AuditRecord): boolean => state !== 'queued' && state !== 'running';

const recordFile = (folder: string, id: string) => join(folder, id, 'record.json');

/** Whole or not at all. */
export function writeRecord(folder: string, record: AuditRecord): void {
  writeFileAtomic(recordFile(folder, record.id), `${JSON.stringify(record, null, 2)}\n`);
}

/** All audits of a folder, the oldest first. Throws `bad-file` naming a record that is none. */
export function readRecords(folder: string): AuditRecord[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((id) => existsSync(recordFile(folder, id)))
    .map((id) => check(AuditRecord, JSON.parse(readFileSync(recordFile(folder, id), 'utf8')), recordFile(folder, id), { code: 'bad-file' }))
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.id < b.id ? -1 : 1));
}

/** Where an audit keeps its results. */
export function outputFolder(folder: string, id: string): string {
  return join(folder, id, 'out');
}
