/** @file A model repository of NVIDIA Triton (and so of KServe's runtime of that name): one folder a graph, with config.pbtxt. */
import type { GraphRole } from '../../config/manifest.js';
import { RobencError } from '../../errors.js';
import { fromOnnx } from '../../graph/from-onnx.js';
import type { Value } from '../../graph/value.js';
import { GRAPH_FILES } from '../../package/layout.js';
import type { ModelPackage } from '../../package/open.js';
import { selfContained, type Layout } from './layout.js';

/** What serving asks for; the other graphs are for attacks from outside and for checks. */
const ROLES: readonly GraphRole[] = ['encoder', 'classifier', 'gradient'];
const TYPES: Readonly<Record<string, string>> = { float32: 'TYPE_FP32', float16: 'TYPE_FP16', int64: 'TYPE_INT64', int32: 'TYPE_INT32' };
/** Triton adds this axis itself. */
const MAX_BATCH = 64;
const PREFERRED = [8, 16, 32];
/** How long a request may wait for others, in microseconds. */
const DELAY = 2000;

export const triton: Layout = {
  name: 'triton',
  summary: 'a model repository of NVIDIA Triton and KServe, one model for each of encoder, classifier and gradient, with dynamic batching',
  files(opened) {
    const files = new Map<string, Uint8Array | string>();
    for (const role of ROLES) {
      const bytes = selfContained(opened, role);
      if (bytes === null) continue;
      const name = `${opened.name}-${GRAPH_FILES[role].replace('.onnx', '')}`;
      files.set(`${name}/1/model.onnx`, bytes);
      files.set(`${name}/config.pbtxt`, configText(name, opened, role));
      if (role !== 'encoder') files.set(`${name}/labels.txt`, opened.manifest.classes.map((label) => `${label.replaceAll('\n', ' ')}\n`).join(''));
    }
    return files;
  },
};

/** ModelConfig of Triton in the text form of protocol buffers. */
function configText(name: string, opened: ModelPackage, role: GraphRole): string {
  const { inputs, outputs } = fromOnnx(opened.path(role)!);
  const { manifest, version, digest } = opened;
  const hasLabels = (port: string): string => (port === 'logits' && manifest.classes.length > 0 ? `\n    label_filename: "labels.txt"` : '');
  const lines = [
    `name: ${quoted(name)}`,
    'platform: "onnxruntime_onnx"',
    `max_batch_size: ${MAX_BATCH}`,
    `input [\n${inputs.map((value) => port(value.name, value)).join(',\n')}\n]`,
    `output [\n${outputs.map((output) => port(output.name, output.value, hasLabels(output.name))).join(',\n')}\n]`,
    `dynamic_batching {\n  preferred_batch_size: [ ${PREFERRED.join(', ')} ]\n  max_queue_delay_microseconds: ${DELAY}\n}`,
    'version_policy: { latest { num_versions: 1 } }',
    parameter('robenc_package', `${opened.name}@${version}`),
    parameter('robenc_digest', digest),
    parameter('pixels', `RGB, ${manifest.input.range.join(' to ')}, ${manifest.input.layout}; other sizes are fitted by ${manifest.input.fit}`),
  ];
  return `${lines.join('\n')}\n`;
}

function port(name: string, { type }: Value, more = ''): string {
  const dtype = TYPES[type.dtype];
  const [batch, ...rest] = type.shape;
  if (dtype === undefined || typeof batch !== 'string' || !rest.every((size) => typeof size === 'number'))
    throw new RobencError('unsupported', `"${name}" is ${type.dtype}[${type.shape.join(',')}]; for Triton it must be a batch of tensors of one size.`);
  // A list of sizes cannot be empty: one number for each image is declared as a list of one and reshaped.
  const dims = rest.length === 0 ? 'dims: [ 1 ]\n    reshape: { shape: [ ] }' : `dims: [ ${rest.join(', ')} ]`;
  return `  {\n    name: ${quoted(name)}\n    data_type: ${dtype}\n    ${dims}${more}\n  }`;
}

function parameter(key: string, value: string): string {
  return `parameters: { key: ${quoted(key)} value: { string_value: ${quoted(value)} } }`;
}

/** As protocol buffers read text: backslashes, quotes and what is no plain character escaped. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
