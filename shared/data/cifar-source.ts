/** @file A CIFAR layout as a data source. */
import { cifarFolder, isArchive, readCifar, type CifarLayout } from './cifar.js';
import { existingPath } from './path.js';
import { fitSet } from './fit-set.js';
import { subset } from './image-set.js';
import { RobencError } from '../errors.js';
import { chooseIndices } from './select.js';
import type { DataSource } from './source.js';

/** Reads the layout from a folder or archive, chooses by the limit, and fits. */
export function cifarSource(layout: CifarLayout, summary: string): DataSource {
  return {
    name: layout.name,
    summary,
    needsPath: true,
    async load(request) {
      const path = existingPath(request.path, layout.name);
      if (!isArchive(path) && cifarFolder(layout, path) === null)
        throw new RobencError('not-found', `${path} has no ${layout.name} batches in the binary format. Choose another folder or archive with --data.`, {
          field: 'data',
        });
      const set = await readCifar(layout, path, request.split);
      const chosen = chooseIndices(set.count, set.labels, request);
      return fitSet(chosen.length === set.count ? set : subset(set, chosen), request.size);
    },
  };
}
