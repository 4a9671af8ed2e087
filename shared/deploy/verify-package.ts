/** @file Everything about a package that can be checked without the model that it came from. */
import { basename } from 'node:path';
import type { GraphRole, VariantName } from '../config/manifest.js';
import { RobencError } from '../errors.js';
import { checkGolden, goldenCases } from '../package/golden.js';
import { GRAPH_ROLES } from '../package/layout.js';
import { openPackage, type ModelPackage, type OpenOptions } from '../package/open.js';
import { decodeModel } from '../proto/decode.js';
import { DATA_LOCATION } from '../proto/onnx.js';
import { openSession } from '../runtime/session.js';
import type { DeviceRequest } from '../runtime/types.js';
import { readBytes } from '../files.js';

export interface VerifiedPackage {
  readonly opened: ModelPackage;
  /** By graph: the greatest difference from its golden outputs, relative to the greatest output; null where the package has none for it. */
  readonly golden: Readonly<Partial<Record<GraphRole, number | null>>>;
  /** Graphs in other number formats. */
  readonly variants: number;
}

/**
 * Opens a package with all its digests (and its signature, where `trust` asks for it), opens every graph, and reproduces its golden outputs.
 * Throws `bad-file` or `mismatch` naming what is wrong.
 */
export async function verifyPackage(
  folder: string,
  reference: string | undefined,
  { device = 'cpu', ...options }: OpenOptions & { readonly device?: DeviceRequest } = {},
): Promise<VerifiedPackage> {
  const opened = await openPackage(folder, reference, options);
  const cases = goldenCases(opened);
  const golden: Partial<Record<GraphRole, number | null>> = {};
  for (const role of GRAPH_ROLES) {
    const path = opened.path(role);
    if (path === null) continue;
    refuseForeignWeights(path, opened.path('weights'));
    const session = await openSession(path, { device, strict: true });
    try {
      const one = cases.get(role);
      golden[role] = one === undefined ? null : await checkGolden(session, one, path);
    } finally {
      await session.close();
    }
  }
  return { opened, golden, variants: await verifyVariants(opened, device) };
}

/** Every graph in another number format opens and has the inputs and outputs of the one in float32. Answers how many there are. */
async function verifyVariants(opened: ModelPackage, device: DeviceRequest): Promise<number> {
  let count = 0;
  for (const variant of Object.keys(opened.manifest.variants ?? {}) as VariantName[])
    for (const role of GRAPH_ROLES) {
      const [path, plain] = [opened.path(role, variant), opened.path(role)];
      if (path === null || plain === null) continue;
      refuseForeignWeights(path, opened.path('weights', variant));
      const [own, wanted] = [await portsOf(path, device), await portsOf(plain, device)];
      if (own !== wanted)
        throw new RobencError('bad-file', `${path} holds another graph: it has ${own}, while the ${role} of the package has ${wanted}.`, { field: path });
      count++;
    }
  return count;
}

async function portsOf(path: string, device: DeviceRequest): Promise<string> {
  const session = await openSession(path, { device, strict: true });
  try {
    const list = (ports: readonly { readonly name: string }[]): string => ports.map(({ name }) => name).join(', ');
    return `${list(session.inputs)} → ${list(session.outputs)}`;
  } finally {
    await session.close();
  }
}

/** A graph may read elements from the package's own file of weights, whose digest was checked, and from nowhere else. */
function refuseForeignWeights(path: string, weights: string | null): void {
  for (const { name, dataLocation, externalData } of decodeModel(readBytes(path, path), path).graph!.initializer) {
    if (dataLocation !== DATA_LOCATION.external) continue;
    const location = externalData.find(({ key }) => key === 'location')?.value;
    if (weights === null || location !== basename(weights))
      throw new RobencError('bad-file', `${path}: "${name}" keeps its elements in "${location}", which the manifest does not list.`, { field: path });
  }
}
