/** @file The endpoints of the Open Inference Protocol v2. https://github.com/kserve/open-inference-protocol */
import { Type, type TSchema } from '@sinclair/typebox';
import { version } from '@robenc/shared/version.js';
import { checkReady } from '../../engine/ready.js';
import type { ServedModel } from '../../engine/model.js';
import { ApiError } from '../../errors.js';
import { parseEnvelope } from '../../input/envelope.js';
import { inferOip, outputNames } from '../../protocols/oip-infer.js';
import { bad } from '../../protocols/oip-tensors.js';
import { Reply } from '../../http/reply.js';
import { defineRoute, type Route, type RouteContext, type RouteRequest } from '../route.js';
import { closed, IMAGE_ERRORS, optionsOf } from '../schemas.js';

const NONE = optionsOf({});
const Port = Type.Object({ name: Type.String(), datatype: Type.String(), shape: Type.Array(Type.Integer()) }, closed);
const Metadata = Type.Object(
  { name: Type.String(), versions: Type.Array(Type.String()), platform: Type.String(), inputs: Type.Array(Port), outputs: Type.Array(Port) },
  closed,
);
const OutputTensor = Type.Object(
  {
    name: Type.String(),
    shape: Type.Array(Type.Integer()),
    datatype: Type.String(),
    parameters: Type.Optional(Type.Object({ binary_data_size: Type.Integer() }, closed)),
    data: Type.Optional(Type.Array(Type.Union([Type.Number(), Type.String()]))),
  },
  closed,
);
const Answer = Type.Object({ model_name: Type.String(), model_version: Type.String(), id: Type.String(), outputs: Type.Array(OutputTensor) }, closed);
const Request = Type.Object({
  id: Type.Optional(Type.String()),
  parameters: Type.Optional(
    Type.Object({
      timeout: Type.Optional(Type.Integer({ description: 'microseconds' })),
      priority: Type.Optional(Type.Integer()),
      binary_data_output: Type.Optional(Type.Boolean()),
    }),
  ),
  inputs: Type.Array(
    Type.Object({
      name: Type.Literal('image'),
      shape: Type.Array(Type.Integer({ minimum: 1 })),
      datatype: Type.Union([Type.Literal('FP32'), Type.Literal('UINT8'), Type.Literal('BYTES')]),
      data: Type.Optional(Type.Array(Type.Unknown())),
      parameters: Type.Optional(Type.Object({})),
    }),
    { minItems: 1, maxItems: 1 },
  ),
  outputs: Type.Optional(
    Type.Array(Type.Object({ name: Type.Union([Type.Literal('embedding'), Type.Literal('logits')]), parameters: Type.Optional(Type.Object({})) }), {
      minItems: 1,
    }),
  ),
});
const IndexEntry = Type.Object({ name: Type.String(), version: Type.String(), state: Type.String(), reason: Type.String() }, closed);

export const EXTENSIONS = ['binary_tensor_data', 'classification', 'schedule_policy', 'model_repository'];

function get(
  name: string,
  path: string,
  summary: string,
  response: TSchema,
  handle: (request: RouteRequest<object>, context: RouteContext) => Promise<object>,
): Route {
  const open = path.startsWith('/v2/health') || path === '/v2';
  const errors = path.includes('{model}') ? (['bad_input', 'model_not_found', 'unavailable'] as const) : (['bad_input', 'unavailable'] as const);
  return defineRoute({ name, method: 'get', path, family: 'oip', scope: open ? 'public' : 'infer', summary, options: NONE, response, errors, handle });
}

/** The model that a path names, by name and perhaps version. */
function modelOf({ params }: RouteRequest<object>, context: RouteContext): ServedModel {
  return context.model(params['version'] === undefined ? params['model']! : `${params['model']!}@${params['version']}`);
}

async function metadata(request: RouteRequest<object>, context: RouteContext): Promise<object> {
  const model = modelOf(request, context);
  const { height, width } = model.input;
  const sizes = { embedding: model.manifest?.embeddingSize ?? -1, logits: model.classes.length };
  return {
    name: model.name,
    versions: context.engine.models.entries.filter((entry) => entry.model.name === model.name).map((entry) => entry.model.version),
    platform: 'onnxruntime_onnx',
    inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 3, height, width] }],
    outputs: outputNames(model).map((name) => ({ name, datatype: 'FP32', shape: [-1, sizes[name]] })),
  };
}

async function ready(request: RouteRequest<object>, context: RouteContext): Promise<object> {
  const model = modelOf(request, context);
  await checkReady(context.engine.models.entries.filter((entry) => entry.model === model).map(({ probe }) => probe));
  return { name: model.name, ready: true };
}

const Ready = Type.Object({ name: Type.String(), ready: Type.Boolean() }, closed);

function infer(name: string, path: string): Route {
  return defineRoute({
    name,
    method: 'post',
    path,
    family: 'oip',
    computes: true,
    body: 'raw',
    images: 1024,
    jsonBody: Request,
    types: ['application/octet-stream'],
    summary: 'the outputs of a model for images: FP32 or UINT8 [n,3,H,W], or files as BYTES [n]',
    options: NONE,
    response: Answer,
    errors: IMAGE_ERRORS,
    handle: (request, context) => inferOip(modelOf(request, context), request.raw!, context),
  });
}

function change(name: 'load' | 'unload'): Route {
  return defineRoute({
    name: `oip_${name}`,
    method: 'post',
    path: `/v2/repository/models/{model}/${name}`,
    family: 'oip',
    scope: 'admin',
    body: 'raw',
    summary: name === 'load' ? 'serves a version of the models folder' : 'serves it no more',
    options: NONE,
    response: Type.Object({}, closed),
    errors: ['bad_input', 'model_not_found', 'unavailable'],
    async handle({ params }, { engine }) {
      await engine[name](params['model']!);
      return {};
    },
  });
}

/** A body with more is none that is meant. */
const MOST_INDEX_VALUES = 16;

/** Whether the body of a question for the index asks for what can be used alone; it may be empty. Throws `bad_input`. */
function onlyReady(raw: Buffer): boolean {
  if (raw.length === 0) return false;
  const { ready = false, ...others } = parseEnvelope(raw, MOST_INDEX_VALUES);
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw bad(`"${unknown.slice(0, 100)}" is not known here; the body may have "ready".`, unknown);
  if (typeof ready !== 'boolean') throw bad(`ready is ${JSON.stringify(ready).slice(0, 40)}; it must be true or false.`, 'ready');
  return ready;
}

export const oipRoutes: readonly Route[] = [
  get(
    'oip_server',
    '/v2',
    'name, version and extensions of the server',
    Type.Object({ name: Type.String(), version: Type.String(), extensions: Type.Array(Type.String()) }, closed),
    () => Promise.resolve({ name: 'robenc', version, extensions: EXTENSIONS }),
  ),
  get('oip_live', '/v2/health/live', 'whether the process answers', Type.Object({ live: Type.Boolean() }, closed), () => Promise.resolve({ live: true })),
  get('oip_ready', '/v2/health/ready', 'whether all models compute', Type.Object({ ready: Type.Boolean() }, closed), async (_request, { engine, draining }) => {
    if (draining) throw new ApiError('unavailable', 'The server is stopping.');
    await checkReady(engine.probes);
    return { ready: true };
  }),
  get('oip_models', '/v2/models', 'names of the models', Type.Object({ models: Type.Array(Type.String()) }, closed), (_request, { engine }) =>
    Promise.resolve({ models: [...new Set(engine.models.entries.map(({ model }) => model.name))] }),
  ),
  get('oip_metadata', '/v2/models/{model}', 'inputs and outputs of a model', Metadata, metadata),
  get('oip_metadata_version', '/v2/models/{model}/versions/{version}', 'inputs and outputs of a version', Metadata, metadata),
  get('oip_model_ready', '/v2/models/{model}/ready', 'whether a model computes', Ready, ready),
  get('oip_model_ready_version', '/v2/models/{model}/versions/{version}/ready', 'whether a version computes', Ready, ready),
  infer('oip_infer', '/v2/models/{model}/infer'),
  infer('oip_infer_version', '/v2/models/{model}/versions/{version}/infer'),
  defineRoute({
    name: 'oip_index',
    method: 'post',
    path: '/v2/repository/index',
    family: 'oip',
    body: 'raw',
    summary: 'the versions that are served, and why others are not',
    jsonBody: Type.Object({ ready: Type.Optional(Type.Boolean({ description: 'only what can be used' })) }, closed),
    options: NONE,
    response: Type.Array(IndexEntry),
    errors: ['bad_input'],
    handle({ raw }, { engine }) {
      const readyOnly = onlyReady(raw!);
      const served = engine.models.entries.map(({ model }) => ({ name: model.name, version: model.version, state: 'READY', reason: '' }));
      const refused = [...engine.refused].map(([id, reason]) => ({ name: id.split('@')[0]!, version: id.split('@')[1] ?? '', state: 'UNAVAILABLE', reason }));
      return Promise.resolve(Reply.json(readyOnly ? served : [...served, ...refused]));
    },
  }),
  change('load'),
  change('unload'),
];
