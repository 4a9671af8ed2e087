/** @file The model under attack: its gradient graph, run through the queue like everything else. */
import type { Batch, LossAndGradient, Oracle } from '@robenc/shared/attacks/attack.js';
import { RobencError } from '@robenc/shared/errors.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { floatRows, type Call } from './compute.js';
import { graphOf, type ServedModel } from './model.js';

/** White-box access through the whole-image classifier. */
export function oracleOf(model: ServedModel, call: Call): Oracle {
  const classifier = graphOf(model, 'classifier');
  const gradientGraph = graphOf(model, 'gradient');
  return {
    classes: model.classes.length,
    forward: async (x) => (await floatRows(call, classifier, { image: imageTensor(x) }, 'logits')).data,
    async lossAndGradient(x, labels): Promise<LossAndGradient> {
      const label: TensorData = { dtype: 'int64', shape: [x.count], data: BigInt64Array.from(labels, BigInt) };
      const { loss, logits, gradient } = await call.compute.run(gradientGraph, { image: imageTensor(x), label }, call);
      if (!(loss!.data as Float32Array).every(Number.isFinite)) throw new RobencError('mismatch', `${gradientGraph.id} answered a loss that is not finite.`);
      return { loss: loss!.data as Float32Array, logits: logits!.data as Float32Array, gradient: gradient!.data as Float32Array };
    },
  };
}

/** The attack goes on writing into its arrays only after the answer, so the batch need not be copied. */
function imageTensor({ count, shape, data }: Batch): TensorData {
  return { dtype: 'float32', shape: [count, ...shape], data };
}
