/** @file What a layout is: a package written for another runtime. */
import type { GraphRole } from '../../config/manifest.js';
import { fromOnnx } from '../../graph/from-onnx.js';
import { toOnnx } from '../../graph/to-onnx.js';
import type { ModelPackage } from '../../package/open.js';
import { version } from '../../version.js';

export interface Layout {
  readonly name: string;
  readonly summary: string;
  /** Relative path → content of every file. Throws `unsupported` for packages that lack what it needs, `unavailable` where a library is not installed. */
  readonly files: (opened: ModelPackage) => ReadonlyMap<string, Uint8Array | string>;
}

/** A graph as one file, its weights inside, for runtimes that load single files. Names, types and results are those of the package. */
export function selfContained(opened: ModelPackage, role: GraphRole): Uint8Array | null {
  const path = opened.path(role);
  if (path === null) return null;
  return toOnnx(fromOnnx(path), {
    producerVersion: version,
    metadata: { producer: 'robenc', package: `${opened.name}@${opened.version}`, digest: opened.digest, graph: role },
  });
}
