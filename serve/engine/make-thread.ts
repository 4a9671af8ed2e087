/** @file The thread that makes graphs of other graphs, so that differentiating a large encoder never holds up the HTTP thread. */
import { differentiate } from '@robenc/shared/autodiff/differentiate.js';
import { cropEncoderGraph, slopeGraph } from '@robenc/shared/evaluation/slope-graphs.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { serveThread } from '@robenc/shared/runtime/thread-side.js';
import type { MadeRole } from './made-graphs.js';

export interface MakeRequest {
  readonly role: MadeRole;
  /** Path of the graph that it is made of. */
  readonly path: string;
  /** Size of the image that crops are cut from. */
  readonly source: { readonly height: number; readonly width: number };
}

serveThread(
  {
    async make({ role, path, source }: MakeRequest) {
      const graph = fromOnnx(path);
      const made = {
        encoderSlope: () => slopeGraph(graph),
        cropEncoder: () => cropEncoderGraph(graph, source),
        cropEncoderSlope: () => slopeGraph(cropEncoderGraph(graph, source)),
        headGradient: () => differentiate(graph, { wrt: 'embedding', loss: 'cross-entropy', output: 'logits' }).graph,
      }[role]();
      const value = toOnnx(made);
      return { value, transfer: value.byteLength === value.buffer.byteLength ? [value.buffer as ArrayBuffer] : [] };
    },
  },
  async () => undefined,
);
