/** @file What an endpoint is: a description as data, from which validation, documentation and tests follow, and one function. */
import type { Static, TObject, TSchema } from '@sinclair/typebox';
import type { Engine } from '../engine/engine.js';
import type { ServedModel } from '../engine/model.js';
import type { ApiErrorCode } from '../errors.js';
import type { CropRequest, PreparedImage } from '../images/recipe.js';
import type { Limits } from '../limits.js';

export interface RouteRequest<O> {
  /** Checked against the route's schema, defaults filled in. */
  readonly options: O;
  /** Bytes of image files, in order. */
  readonly images: readonly Uint8Array[];
  /** Whether a list of images was sent, for names of fields in messages. */
  readonly list: boolean;
}

/** What a route may use. */
export interface RouteContext {
  readonly engine: Engine;
  /** All routes of the app. */
  readonly routes: readonly Route[];
  readonly limits: Limits;
  readonly requestId: string;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
  /** True once the server was asked to stop. */
  readonly draining: boolean;
  /** The model that the request names; the log line and the answer's headers then name it too. */
  model(reference: string | undefined): ServedModel;
  /** Takes room for the request in the house, then decodes, fits and crops its images. Throws `overloaded` or `bad_image`. */
  prepare(model: ServedModel, request: { images: readonly Uint8Array[]; list: boolean }, crops?: CropRequest | null): Promise<readonly PreparedImage[]>;
}

interface Described {
  readonly name: string;
  readonly path: string;
  /** One line without a full stop. */
  readonly summary: string;
  readonly description?: string;
  /** Codes of `errors.ts` that it may answer with; `internal` goes without saying. */
  readonly errors: readonly ApiErrorCode[];
}

/** A route as the app sees it, its types erased. */
export interface Route extends Described {
  readonly method: 'get' | 'post';
  /** Options of the body (POST) or of the address (GET). Closed: unknown names are refused. */
  readonly options: TObject;
  /** Schema of a good answer. */
  readonly response: TSchema;
  /** Most images of one request, whatever the server's own limit; 0 for routes without. */
  readonly images: number;
  handle(request: RouteRequest<never>, context: RouteContext): Promise<unknown>;
}

/** Gives `handle` the types that follow from the description. */
export function defineRoute<O extends TObject, R extends TSchema>(
  route: Described & {
    readonly method: 'get' | 'post';
    readonly options: O;
    readonly response: R;
    readonly images?: number;
    handle(request: RouteRequest<Static<O>>, context: RouteContext): Promise<Static<R>>;
  },
): Route {
  return { images: 0, ...route };
}
