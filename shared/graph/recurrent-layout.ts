/** @file LSTM, GRU and RNN with images before places (layout 1), which ONNX Runtime does not run: they become the usual ones between transposes. */
import { emit, input, optional, without, type Upgrade } from './imported.js';

/** x [N, T, I] and states [N, D, H] exchange their first two axes; the sequence [N, T, D, H] comes from [T, D, N, H]. */
const placesFirst: Upgrade = (g, node) => {
  const attrs = without(node.attrs, 'layout');
  if (node.attrs['layout'] !== 1) return emit(g, node, { attrs });
  const turned = (i: number): ReturnType<typeof optional> => {
    const value = optional(node, i);
    return value && g.transpose(value, [1, 0, 2]);
  };
  const inputs = node.inputs.map((value, i) => (i === 5 || i === 6 ? turned(i) : value));
  const outputs = emit(
    g,
    { ...node, outputNames: node.outputNames.map((name) => (name === '' ? '' : `${name}_places_first`)) },
    {
      attrs,
      inputs: [g.transpose(input(node, 0), [1, 0, 2]), ...inputs.slice(1)],
    },
  );
  return outputs.map((value, i) => g.transpose(value, i === 0 ? [2, 0, 1, 3] : [1, 0, 2]));
};

export const recurrent: Readonly<Record<string, Upgrade>> = { GRU: placesFirst, LSTM: placesFirst, RNN: placesFirst };
