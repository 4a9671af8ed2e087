/** @file The table of engines. Each is loaded when it is opened, so that one does not need the other's packages. */
import { table } from '@robenc/shared/table.js';
import type { EngineKind } from './engine.js';

const onnx: EngineKind = {
  name: 'onnx',
  summary: 'whole steps compiled to ONNX graphs and run by ONNX Runtime',
  open: async (...input) => (await import('./onnx.js')).openOnnxEngine(...input),
};

const tfjs: EngineKind = {
  name: 'tfjs',
  summary: 'the same functions run eagerly by TensorFlow.js: tfjs-node-gpu, tfjs-node, or plain JavaScript',
  open: async (...input) => (await import('./tfjs.js')).openTfjsEngine(...input),
};

export const engines = table<EngineKind>('engine', [onnx, tfjs]);
