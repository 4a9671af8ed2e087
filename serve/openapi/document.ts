/** @file The OpenAPI 3.1 document: assembled from the table of routes, so it cannot say other than what is checked. */
import { Type, type TObject, type TSchema } from '@sinclair/typebox';
import { API_ERRORS, ApiError, type ApiErrorCode } from '../errors.js';
import type { Family } from '../families/family.js';
import { families } from '../families/index.js';
import type { Limits } from '../limits.js';
import type { Route } from '../routes/route.js';

const Binary = Type.String({ description: 'a JPEG, PNG, WebP, AVIF, GIF (first frame) or TIFF (first page) file' });
const Base64 = Type.String({ description: 'an image file as base64 or as a data URI. Addresses are not fetched.' });

/** `limits` are those of the running server; `keys`: it asks for API keys. */
export function openapiDocument(routes: readonly Route[], limits: Limits, { keys = false }: { readonly keys?: boolean } = {}): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route, limits) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'robenc',
      version: '1',
      description: 'Embeddings, classification and robustness checks of images by adversarially trained encoders.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { key: [] }, ...(keys ? [] : [{}])],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, key: { type: 'apiKey', in: 'header', name: 'X-API-Key' } },
      schemas: Object.fromEntries(families.entries.map(({ name, errorSchema }) => [errorName(name), plain(errorSchema)])),
    },
  };
}

/** `Error` is the server's own, `ErrorOpenai` and so on are those of other families. */
function errorName(family: Family['name']): string {
  return family === 'robenc' ? 'Error' : `Error${family[0]!.toUpperCase()}${family.slice(1)}`;
}

function operation(route: Route, limits: Limits): Record<string, unknown> {
  const { name, summary, description, options, response, method, scope, types, status } = route;
  const json = response.type === 'string' ? {} : { 'application/json': { schema: plain(response) } };
  const good = { description: 'The answer.', headers: REQUEST_ID, content: { ...json, ...Object.fromEntries(types.map((type) => [type, { schema: {} }])) } };
  const parameters = [
    ...pathParameters(route),
    ...(method === 'get' || route.body === 'raw' ? queryParameters(options) : route.body === 'images' ? rawParameters(options) : []),
  ];
  return {
    operationId: name,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(scope === 'public' ? { security: [] } : {}),
    parameters,
    ...(route.body === 'none' ? {} : { requestBody: requestBody(route, limits) }),
    responses: { [status]: good, ...errorResponses(route), ...TOO_MANY_HEADERS },
  };
}

/** What the door may answer, whatever the route. */
function doorCodes({ scope, body }: Route): readonly ApiErrorCode[] {
  return [
    ...(scope === 'public' ? [] : (['unauthorized', 'forbidden', 'rate_limited'] as const)),
    ...(body === 'none' ? [] : (['too_large', 'unsupported_media_type'] as const)),
    'internal',
  ];
}

/** One response per status, listing the codes that share it. */
function errorResponses(route: Route): Record<string, unknown> {
  const family = families.get(route.family);
  const byStatus = new Map<number, ApiErrorCode[]>();
  for (const code of new Set([...route.errors, ...doorCodes(route)])) {
    const status = family.status?.(new ApiError(code, '')) ?? API_ERRORS[code].status;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, same]) => [
        status,
        {
          description: same.map((code) => `\`${code}\`: ${API_ERRORS[code].summary}`).join(' '),
          headers: status === 429 || status === 503 ? { ...REQUEST_ID, ...RETRY_AFTER } : REQUEST_ID,
          content: { 'application/json': { schema: { $ref: `#/components/schemas/${errorName(route.family)}` } } },
        },
      ]),
  );
}

/** Node refuses these before anything of ours sees them. */
const TOO_MANY_HEADERS = { 431: { description: 'The address and the headers have more than 16 KiB. The answer has no body.' } };

function pathParameters({ path }: Route): unknown[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string', minLength: 1 } }));
}

const REQUEST_ID = { 'x-request-id': { description: 'id of the request, as sent or made up', schema: { type: 'string' } } };
const RETRY_AFTER = { 'retry-after': { description: 'seconds after which it is worth asking again', schema: { type: 'integer' } } };

/** JSON, a form, the bytes of one image, or whatever the protocol of the route says. */
function requestBody({ options, images, body, jsonBody }: Route, limits: Limits): Record<string, unknown> {
  const note = `At most ${limits.maxBodyBytes} bytes.`;
  if (body === 'json') return { required: true, description: note, content: { 'application/json': { schema: plain(withoutDefaultsRequired(options)) } } };
  if (body === 'raw')
    return {
      // What needs nothing may be left out whole.
      required: images > 0 || (jsonBody?.['required'] as readonly string[] | undefined) !== undefined,
      description: note,
      content: {
        ...(jsonBody === null ? {} : { 'application/json': { schema: plain(jsonBody) } }),
        ...(images > 0 ? { 'application/octet-stream': { schema: {} } } : {}),
        ...(images === 1 ? { 'image/*': { schema: {} } } : {}),
        ...(jsonBody === null && images === 0 ? { 'application/json': { schema: {} } } : {}),
      },
    };
  const most = Math.min(images, limits.maxImages);
  const json = Type.Object(
    {
      ...options.properties,
      image: Type.Optional(Base64),
      images: Type.Optional(Type.Array(Base64, { minItems: 1, maxItems: most, description: `instead of image: up to ${most}` })),
    },
    { additionalProperties: false },
  );
  const form = Type.Object(
    { ...options.properties, image: Type.Optional(Binary), images: Type.Optional(Type.Array(Binary, { minItems: 1, maxItems: most })) },
    { additionalProperties: false },
  );
  const oneOf = [{ required: ['image'] }, { required: ['images'] }];
  return {
    required: true,
    description: note,
    content: {
      'application/json': { schema: { ...plain(withoutDefaultsRequired(json)), oneOf } },
      'multipart/form-data': { schema: plain(withoutDefaultsRequired(form)) },
      'image/*': { schema: {} },
      'application/octet-stream': { schema: {} },
      'application/x-npy': { schema: {} },
    },
  };
}

/** Options in the address go with requests whose body is the image itself. */
function rawParameters(options: TObject): unknown[] {
  return queryParameters(options).map((parameter) => ({
    ...parameter,
    required: false,
    description: `${parameter.description} (only where the body is the image itself)`,
  }));
}

function queryParameters(options: TObject): { name: string; in: 'query'; required: boolean; description: string; schema: unknown }[] {
  const required = withoutDefaultsRequired(options).required ?? [];
  return Object.entries(options.properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    description: String(schema['description'] ?? name),
    schema: plain(schema),
  }));
}

/** A field with a default is not required of the client, although it is always there for the code. */
function withoutDefaultsRequired(schema: TObject): TObject {
  const required = (schema.required ?? []).filter((name) => schema.properties[name]!['default'] === undefined);
  const { required: _, ...rest } = schema;
  return (required.length === 0 ? rest : { ...rest, required }) as TObject;
}

/** Without TypeBox's own symbols. Lists of fixed length name what their members may be, not which is which: of OpenAPI's tools few read `prefixItems`. */
function plain(schema: TSchema): Record<string, unknown> {
  const lists = (_key: string, value: unknown): unknown => {
    if (value === null || typeof value !== 'object' || !Array.isArray((value as { items?: unknown }).items)) return value;
    const { items, additionalItems: _, ...rest } = value as { items: unknown[] } & Record<string, unknown>;
    const different = [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
    return { ...rest, items: different.length === 1 ? different[0] : { anyOf: different } };
  };
  return JSON.parse(JSON.stringify(schema, lists)) as Record<string, unknown>;
}
