/** @file POST /v1/models/load, /unload and /labels: what is served, changed by an administrator. */
import { Type } from '@sinclair/typebox';
import { RobencError } from '@robenc/shared/errors.js';
import { promote } from '@robenc/shared/package/registry.js';
import type { Change, Engine } from '../engine/engine.js';
import { defineRoute, type Route } from './route.js';
import { closed, optionsOf } from './schemas.js';

const Reference = Type.String({ minLength: 1, maxLength: 200, description: 'name, name@version or name@label' });
const Answer = Type.Object(
  {
    served: Type.Array(Type.String({ description: 'name@version' })),
    changes: Type.Array(
      Type.Object(
        {
          change: Type.Union([Type.Literal('opened'), Type.Literal('closed'), Type.Literal('refused')]),
          model: Type.String(),
          reason: Type.Union([Type.String(), Type.Null()]),
        },
        closed,
      ),
    ),
  },
  closed,
);
const ERRORS = ['bad_input', 'model_not_found', 'unsupported_media_type', 'unavailable'] as const;

function answer(engine: Engine, changes: readonly Change[]) {
  return { served: engine.models.entries.map(({ model }) => model.id), changes: [...changes] };
}

function change(name: 'load' | 'unload', summary: string): Route {
  return defineRoute({
    name,
    method: 'post',
    path: `/v1/models/${name}`,
    scope: 'admin',
    body: 'json',
    summary,
    options: optionsOf({ model: Reference }),
    response: Answer,
    errors: ERRORS,
    handle: async ({ options }, { engine }) => answer(engine, await engine[name](options.model).catch(asModel)),
  });
}

const labels = defineRoute({
  name: 'labels',
  method: 'post',
  path: '/v1/models/labels',
  scope: 'admin',
  body: 'json',
  summary: 'points a label of a model at a version; requests that name the model alone follow "latest"',
  options: optionsOf({
    model: Type.String({ minLength: 1, maxLength: 64, description: 'name of the model' }),
    version: Type.String({ minLength: 1, maxLength: 64, description: 'the version that it shall mean' }),
    label: Type.String({ minLength: 1, maxLength: 64, default: 'latest', description: 'the label' }),
  }),
  response: Answer,
  errors: ERRORS,
  async handle({ options }, { engine }) {
    try {
      promote(engine.options.modelsFolder, { name: options.model, version: options.version, label: options.label });
    } catch (error) {
      asModel(error);
    }
    return answer(engine, await engine.sync());
  },
});

/** The field of a request that commands call by another name. */
function asModel(error: unknown): never {
  if (error instanceof RobencError && error.field === 'name') throw new RobencError(error.code, error.message, { field: 'model', cause: error });
  throw error;
}

export const manageRoutes: readonly Route[] = [
  change('load', 'serves a version of the models folder, until the process ends'),
  change('unload', 'serves a version no more'),
  labels,
];
