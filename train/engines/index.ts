/** @file The table of engines. Each is loaded when it is prepared, so that one does not need the other's packages. */
import { table } from '@robenc/shared/table.js';
import type { EngineKind } from './engine.js';

const onnx: EngineKind = {
  name: 'onnx',
  summary: 'whole steps compiled to ONNX graphs and run by ONNX Runtime',
  prepare: async (...input) => (await import('./onnx.js')).prepareOnnxEngine(...input),
};

const tfjs: EngineKind = {
  name: 'tfjs',
  summary: 'the same functions run eagerly by TensorFlow.js: tfjs-node-gpu, tfjs-node, or plain JavaScript',
  prepare: async (spec, _, options) => {
    const { openTfjsEngine } = await import('./tfjs.js');
    return { memory: null, open: (initial) => openTfjsEngine(spec, initial, options) };
  },
};

export const engines = table<EngineKind>('engine', [onnx, tfjs]);
