/** @file GET /v1/models: what is served, in a superset of the list that OpenAI's clients read. */
import { Type, type Static } from '@sinclair/typebox';
import { InputContract, Manifest } from '@robenc/shared/config/manifest.js';
import type { ServedEntry } from '../engine/models.js';
import { defineRoute } from './route.js';
import { closed, optionsOf } from './schemas.js';

const ModelEntry = Type.Object(
  {
    id: Type.String({ description: 'name@version, as requests name it' }),
    object: Type.Literal('model'),
    created: Type.Integer({ description: 'when the package was made, in seconds since 1970' }),
    owned_by: Type.Literal('robenc'),
    name: Type.String(),
    version: Type.String(),
    latest: Type.Boolean({ description: 'whether the name without a version means this one' }),
    digest: Type.String(),
    input: InputContract,
    classes: Type.Array(Type.String()),
    embeddingSize: Type.Integer(),
    heads: Manifest.properties.heads,
    training: Manifest.properties.training,
    scores: Manifest.properties.scores,
    robustness: Type.Boolean({ description: 'whether it has the gradient graph that /v1/robustness needs' }),
  },
  closed,
);

export default defineRoute({
  name: 'models',
  method: 'get',
  path: '/v1/models',
  summary: 'the models that are served, with their input contract, classes and scores',
  options: optionsOf({}),
  response: Type.Object({ object: Type.Literal('list'), data: Type.Array(ModelEntry) }, closed),
  errors: ['bad_input'],
  handle: (_request, { engine }) => Promise.resolve({ object: 'list' as const, data: engine.models.entries.flatMap(describe) }),
});

/** Served models come from packages, so each has a manifest. */
function describe({ model, latest }: ServedEntry): Static<typeof ModelEntry>[] {
  const { manifest } = model;
  if (manifest === null) return [];
  const { name, version, input, classes, embeddingSize, heads, training, scores } = manifest;
  const created = Math.floor(Date.parse(manifest.createdAt) / 1000);
  const robustness = model.graphs.gradient !== undefined;
  return [
    {
      id: model.id,
      object: 'model',
      created,
      owned_by: 'robenc',
      name,
      version,
      latest,
      digest: model.digest,
      input,
      classes,
      embeddingSize,
      heads,
      training,
      scores,
      robustness,
    },
  ];
}
