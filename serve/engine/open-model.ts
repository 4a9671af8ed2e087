/** @file Packages and lone ONNX files as served models. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { sha256OfFile } from '@robenc/shared/package/digest.js';
import type { ModelPackage } from '@robenc/shared/package/open.js';
import { openPool } from '@robenc/shared/runtime/pool.js';
import type { DeviceRequest, PortInfo, Session } from '@robenc/shared/runtime/types.js';
import { ModelGraph, type Ports } from './graph.js';
import type { GraphRole, ServedModel } from './model.js';
import { renamed } from './renamed.js';

export interface RunOptions {
  readonly workers: number;
  readonly device: DeviceRequest;
}

const PORTS: Readonly<Record<GraphRole, Ports>> = {
  encoder: { inputs: ['image'], outputs: ['embedding'] },
  classifier: { inputs: ['image'], outputs: ['logits'] },
  gradient: { inputs: ['image', 'label'], outputs: ['loss', 'logits', 'gradient'] },
  aggregateHead: { inputs: ['embedding'], outputs: ['logits'] },
};

/** A model over the graphs of a package. Its sessions are not open yet. */
export function modelOfPackage(opened: ModelPackage, { workers, device }: RunOptions): ServedModel {
  const { name, version, digest, manifest } = opened;
  const id = `${name}@${version}`;
  const graphs = Object.fromEntries(
    (Object.keys(PORTS) as GraphRole[]).flatMap((role) => {
      const path = opened.path(role);
      // A head is one small matrix product: a second thread would cost more than it saves.
      return path === null
        ? []
        : [[role, new ModelGraph(path, PORTS[role], () => openPool(path, { workers: role === 'aggregateHead' ? 1 : workers, device }))]];
    }),
  );
  return {
    id,
    name,
    version,
    digest,
    input: manifest.input,
    classes: manifest.classes,
    manifest,
    graphs,
    made: new Map(),
    path: (role) => opened.path(role),
    workers,
  };
}

/**
 * A model over one ONNX file with one image input [batch,3,height,width] and pixels of [0,1]; its first output is taken for embedding or logits, as `role` says.
 * Classes are called by their index. Throws `unsupported` for a file with another kind of input.
 */
export async function modelOfFile(path: string, role: 'encoder' | 'classifier', { workers, device }: RunOptions): Promise<ServedModel> {
  const session = await openPool(path, { workers, device });
  try {
    const { input, height, width } = imageInput(session, path);
    const output = session.outputs[0]!;
    const ports = PORTS[role];
    const adapted = renamed(session, { image: input.name }, { [ports.outputs[0]!]: output.name });
    const size = output.shape.at(-1);
    const classes = role === 'classifier' && typeof size === 'number' ? Array.from({ length: size }, (_, index) => String(index)) : [];
    if (role === 'classifier' && classes.length === 0)
      throw new RobencError(
        'unsupported',
        `${path}: the output "${output.name}" has the shape [${output.shape.join(',')}], whose last size must be the number of classes.`,
        { field: path },
      );
    return {
      id: path,
      name: basename(path, '.onnx'),
      version: 'file',
      digest: await sha256OfFile(path),
      input: { height, width, fit: 'cover' },
      classes,
      manifest: null,
      graphs: { [role]: new ModelGraph(path, ports, () => Promise.resolve(adapted)) },
      made: new Map(),
      path: null,
      workers,
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Whether a path is a lone file rather than a package folder. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function imageInput(session: Session, path: string): { input: PortInfo; height: number; width: number } {
  const input = session.inputs[0];
  const [batch, channels, height, width] = input?.shape ?? [];
  if (
    session.inputs.length !== 1 ||
    input!.shape.length !== 4 ||
    input!.dtype !== 'float32' ||
    channels !== 3 ||
    typeof height !== 'number' ||
    typeof width !== 'number'
  )
    throw new RobencError(
      'unsupported',
      `${path} takes ${session.inputs.map((port) => `"${port.name}" ${port.dtype} [${port.shape.join(',')}]`).join(', ')}; one input float32 [batch,3,height,width] is needed.`,
      { field: path },
    );
  if (typeof batch === 'number')
    throw new RobencError('unsupported', `${path} takes batches of exactly ${batch}; export it with a batch size that may vary.`, { field: path });
  return { input: input!, height, width };
}
