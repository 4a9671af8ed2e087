/** @file serve/client/api.ts: the types of requests and answers, from the OpenAPI document. */
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import prettier from 'prettier';
import { DEFAULT_LIMITS } from '@robenc/serve/limits.js';
import { openapiDocument } from '@robenc/serve/openapi/document.js';
import { routes } from '@robenc/serve/routes/index.js';

const HEADER = '/** @file Types of the HTTP interface, made of the OpenAPI document by `npm run docs`; not to be changed by hand. */\n';

interface Operation {
  requestBody?: { content: Record<string, { schema: { oneOf?: unknown } }> };
  responses: Record<string, { headers?: unknown; content: Record<string, unknown> }>;
}

/** The server's own endpoints, as JSON, and their good answers: errors are thrown, and other servers' clients have their own types. */
function ownDocument(): OpenAPI3 {
  const document = openapiDocument(
    routes.entries.filter(({ family }) => family === 'robenc'),
    DEFAULT_LIMITS,
  ) as { paths: Record<string, Record<string, Operation>> };
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
    operation.responses = Object.fromEntries(Object.entries(operation.responses).filter(([status]) => Number(status) < 300));
    for (const response of Object.values(operation.responses)) delete response.headers;
    const json = operation.requestBody?.content['application/json'];
    if (json === undefined) continue;
    // That one of image and images is there is not a matter of types.
    delete json.schema.oneOf;
    operation.requestBody!.content = { 'application/json': json };
  }
  return document as unknown as OpenAPI3;
}

export async function clientTypes(root: string): Promise<string> {
  // A field with a default need not be sent.
  const nodes = await openapiTS(ownDocument(), { defaultNonNullable: false });
  const style = await prettier.resolveConfig(`${root}serve/client/api.ts`);
  return prettier.format(`${HEADER}${astToString(nodes)}`, { ...style, parser: 'typescript' });
}
