/** @file /v1/audits: audits of served models over data sets of the server's own folder, in the background. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { readFile } from 'node:fs/promises';
import { Type, type TSchema } from '@sinclair/typebox';
import { AuditReport } from '@robenc/shared/config/audit.js';
import type { Audits } from '../auditing/audits.js';
import { streamEvents } from '../auditing/events.js';
import { AuditRecord } from '../auditing/record.js';
import { AuditOptions } from '../auditing/request.js';
import { identityOf } from '../engine/model.js';
import { ApiError, type ApiErrorCode } from '../errors.js';
import { Reply } from '../http/reply.js';
import { defineRoute, type Route, type RouteContext } from './route.js';
import { closed, optionsOf } from './schemas.js';

const NONE = optionsOf({});

/** Throws `forbidden` where the server does not audit. */
function auditsOf({ audits }: RouteContext): Audits {
  if (audits === null) throw new ApiError('forbidden', 'This server does not audit.', { remedy: 'Start it with --audit-data, the folder of the data sets.' });
  return audits;
}

/** A route below /v1/audits/{audit}. */
function one<R extends TSchema>(
  name: string,
  method: 'get' | 'post' | 'delete',
  path: string,
  summary: string,
  answer: { response: R; type?: string; errors: readonly ApiErrorCode[] },
  handle: (audits: Audits, id: string, context: RouteContext) => Promise<object> | object,
): Route {
  return defineRoute({
    name,
    method,
    path: `/v1/audits/{audit}${path}`,
    scope: 'audit',
    body: method === 'post' ? 'raw' : 'none',
    summary,
    options: NONE,
    response: answer.response,
    types: answer.type === undefined ? [] : [answer.type],
    errors: ['bad_input', 'not_found', ...answer.errors],
    handle: async ({ params }, context) => handle(auditsOf(context), params['audit']!, context),
  });
}

function file(path: string, type: string): Reply {
  return new Reply((response) => pipeline(createReadStream(path), response), { type });
}

const start = defineRoute({
  name: 'audit_start',
  method: 'post',
  path: '/v1/audits',
  scope: 'audit',
  body: 'json',
  status: 202,
  summary: 'attacks a served model over a data set, in the background',
  description:
    'The data set is one of the folder that the server was started with; nothing else is read, and nothing is fetched. Audits run at the lowest priority in processes of their own, a few at a time; the others wait. What is done is kept, so an audit goes on after a restart of the server.',
  options: AuditOptions,
  response: AuditRecord,
  errors: ['bad_input', 'model_not_found', 'unsupported_media_type', 'overloaded', 'unavailable'],
  async handle({ options }, context) {
    const audits = auditsOf(context);
    if (context.draining) throw new ApiError('unavailable', 'The server is stopping.');
    const record = audits.start(options, identityOf(context.model(options.model)), context.exchange.client);
    return Reply.json(record, { status: 202, headers: { location: `/v1/audits/${record.id}` } });
  },
});

const list = defineRoute({
  name: 'audits',
  method: 'get',
  path: '/v1/audits',
  scope: 'audit',
  summary: 'all audits, the oldest first, and the data sets that there are',
  options: NONE,
  response: Type.Object({ object: Type.Literal('list'), data: Type.Array(AuditRecord), dataSets: Type.Array(Type.String()) }, closed),
  errors: ['bad_input'],
  handle: async (_request, context) => {
    const audits = auditsOf(context);
    return { object: 'list' as const, data: [...audits.all], dataSets: [...audits.dataSets] };
  },
});

const record = { response: AuditRecord, errors: [] } as const;

export const auditRoutes: readonly Route[] = [
  start,
  list,
  one('audit', 'get', '', 'an audit: its state, how far it is, and what it found', record, (audits, id) => audits.get(id)),
  one(
    'audit_events',
    'get',
    '/events',
    'the audit as server-sent events: one "audit" event now and after every change, the last one when it is over',
    { response: Type.String(), type: 'text/event-stream', errors: [] },
    (audits, id, { stopping }) => {
      audits.get(id);
      return new Reply((response) => streamEvents(audits, id, response, stopping), { type: 'text/event-stream; charset=utf-8' });
    },
  ),
  one('audit_cancel', 'post', '/cancel', 'ends an audit; what is done is kept', { ...record, errors: ['conflict'] }, (audits, id) => audits.cancel(id)),
  one(
    'audit_resume',
    'post',
    '/resume',
    'goes on with an audit that was cancelled, failed or interrupted',
    { ...record, errors: ['conflict', 'overloaded'] },
    (audits, id) => audits.resume(id),
  ),
  one('audit_remove', 'delete', '', 'forgets an audit that is over, with its files', { ...record, errors: ['conflict'] }, (audits, id) => audits.remove(id)),
  one(
    'audit_result',
    'get',
    '/result',
    'everything that a finished audit found, as robenc audit writes it',
    { response: AuditReport, errors: ['conflict'] },
    async (audits, id) => new Reply(await readFile(audits.fileOf(id, 'audit.json')), { type: 'application/json; charset=utf-8' }),
  ),
  one(
    'audit_report',
    'get',
    '/report',
    'the report of a finished audit, for people',
    { response: Type.String(), type: 'text/html', errors: ['conflict'] },
    (audits, id) => file(audits.fileOf(id, 'report.html'), 'text/html; charset=utf-8'),
  ),
  one(
    'audit_samples',
    'get',
    '/samples',
    'what became of every image of a finished audit',
    { response: Type.String(), type: 'text/csv', errors: ['conflict'] },
    (audits, id) => file(audits.fileOf(id, 'samples.csv'), 'text/csv; charset=utf-8'),
  ),
];
