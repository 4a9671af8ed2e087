/** @file From the paths of the interface to the types of one call. */
import type { paths } from './api.js';

export type Method = 'get' | 'post' | 'delete';

/** Paths that have the method. */
export type PathOf<M extends Method> = { [P in keyof paths]: paths[P][M] extends object ? P : never }[keyof paths];

type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
type Parameters<P extends keyof paths, M extends Method, Where extends 'path' | 'query'> =
  Operation<P, M> extends { parameters: { [W in Where]?: infer V } } ? Exclude<V, undefined> : never;
type Content<R> = R extends { content: infer C } ? (C extends { 'application/json': infer J } ? J : Response) : never;

/** The JSON of a good answer; the bare response of calls that answer something else. */
export type AnswerOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? (R extends { 202: infer A } ? Content<A> : R extends { 200: infer A } ? Content<A> : never) : never;

/** The JSON body of a request. */
export type BodyOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody?: infer B } ? (Exclude<B, undefined> extends { content: { 'application/json': infer J } } ? J : never) : never;

/** What a call may carry. */
export interface Call<P extends keyof paths, M extends Method> {
  /** The parts of the path in braces. */
  readonly path?: Parameters<P, M, 'path'>;
  readonly query?: Parameters<P, M, 'query'>;
  readonly body?: BodyOf<P, M>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds that the server may take, sent as x-request-timeout-ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}
