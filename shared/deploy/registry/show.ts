/** @file robenc models show. */
import { EXIT } from '../../errors.js';
import { labelsOf } from '../../package/labels.js';
import { openPackage } from '../../package/open.js';
import { listedFiles } from '../../package/sums.js';
import { needModel, placeOf, type Action } from './action.js';

export const show: Action = {
  name: 'show',
  usage: '<model>',
  summary: 'what one package says about itself, its files checked',
  async run(options, context) {
    const opened = await openPackage(...placeOf(needModel('show', options), options, context.cwd));
    const { manifest, digest, folder } = opened;
    const { name, version, input, classes, embeddingSize, scores, training, variants } = manifest;
    const labels = labelsOf(options.models, name).filter((one) => one.version === version);
    const lines = [
      `${name}@${version}${labels.length === 0 ? '' : ` (${labels.map(({ label }) => label).join(', ')})`}`,
      `folder     ${folder}`,
      `digest     ${digest}`,
      `made       ${manifest.createdAt} by ${manifest.producer.name} ${manifest.producer.version}`,
      `origin     ${manifest.origin.kind === 'run' ? `training run, ${training.method}, ${training.data}` : `${manifest.origin.kind} file ${manifest.origin.file ?? ''}`}`,
      `input      RGB in [0,1], [batch,3,${input.height},${input.width}], ${input.fit}`,
      ...(embeddingSize > 0 ? [`embedding  ${embeddingSize} numbers`] : []),
      ...(classes.length > 0 ? [`classes    ${classes.length}: ${classes.slice(0, 10).join(', ')}${classes.length > 10 ? ', …' : ''}`] : []),
      ...scores.map(
        ({ metric, head, threat, epsilon, value }) =>
          `score      ${metric} ${(100 * value).toFixed(1)} %, ${head}, ${threat === 'none' ? 'no attack' : `${threat} at ${(255 * epsilon).toFixed(0)}/255`}`,
      ),
      ...Object.entries(variants ?? {}).map(([variant, { method, bytes }]) => `variant    ${variant}, ${method}, ${(bytes / 1e6).toFixed(2)} MB`),
      ...listedFiles(manifest).map(({ path, bytes, sha256 }) => `file       ${path}, ${bytes} bytes, ${sha256.slice(0, 12)}…`),
    ];
    for (const line of lines) context.stdout(line);
    context.result({ folder, digest, labels: labels.map(({ label }) => label), manifest });
    return EXIT.done;
  },
};
