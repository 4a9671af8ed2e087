/** @file The table of endpoints. */
import { table } from '@robenc/shared/table.js';
import { auditRoutes } from './audits.js';
import classify from './classify.js';
import embed from './embed.js';
import embeddings from './embeddings.js';
import healthz from './healthz.js';
import { manageRoutes } from './manage.js';
import metrics from './metrics.js';
import models from './models.js';
import { oipRoutes } from './oip/index.js';
import openapi from './openapi.js';
import readyz from './readyz.js';
import reference from './reference.js';
import robustness from './robustness.js';
import type { Route } from './route.js';
import similarity from './similarity.js';
import { teiRoutes } from './tei/index.js';

export const routes = table<Route>('route', [
  healthz,
  readyz,
  metrics,
  models,
  ...manageRoutes,
  embed,
  classify,
  similarity,
  robustness,
  ...auditRoutes,
  embeddings,
  ...oipRoutes,
  ...teiRoutes,
  openapi,
  reference,
]);
