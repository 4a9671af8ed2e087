/** @file The table of endpoints. */
import { table } from '@robenc/shared/table.js';
import classify from './classify.js';
import embed from './embed.js';
import healthz from './healthz.js';
import metrics from './metrics.js';
import models from './models.js';
import openapi from './openapi.js';
import readyz from './readyz.js';
import robustness from './robustness.js';
import type { Route } from './route.js';

export const routes = table<Route>('route', [healthz, readyz, metrics, models, embed, classify, robustness, openapi]);
