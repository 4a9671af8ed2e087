/** @file robenc models import. */
import { resolve } from 'node:path';
import { EXIT, RobencError } from '../../errors.js';
import { readPrivateKey } from '../../package/signature.js';
import { version } from '../../version.js';
import { importModel } from '../import-onnx.js';
import { needModel, type Action } from './action.js';

export const importAction: Action = {
  name: 'import',
  usage: '<file.onnx> --name <name>',
  summary: 'make a package of an ONNX file; its preprocessing goes into the graphs',
  async run(options, context) {
    const file = resolve(context.cwd, needModel('import', options, 'an .onnx file'));
    if (options.name === undefined) throw new RobencError('usage', 'Name the package with --name.', { field: 'name' });
    const written = await importModel({
      ...options,
      file,
      name: options.name,
      createdAt: new Date(options.now).toISOString(),
      producerVersion: version,
      publication: {
        version: options.modelVersion,
        ...(options.label.length === 0 ? {} : { labels: options.label }),
        key: options.key === undefined ? undefined : readPrivateKey(resolve(context.cwd, options.key)),
      },
      note: (line) => context.stderr(line),
    });
    const { manifest, folder, digest } = written;
    for (const assumption of manifest.origin.assumptions ?? []) context.stderr(`Assumed: ${assumption}`);
    context.stdout(`Wrote ${manifest.name}@${manifest.version}: ${folder}`);
    context.result({ folder, name: manifest.name, version: manifest.version, digest, assumptions: manifest.origin.assumptions });
    return EXIT.done;
  },
};
