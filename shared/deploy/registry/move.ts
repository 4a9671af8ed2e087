/** @file robenc models promote, rollback and remove. */
import { EXIT, RobencError } from '../../errors.js';
import { parseReference, resolveReference } from '../../package/labels.js';
import { promote as promoteVersion, removeVersion, rollback as rollbackLabel, type Moved } from '../../package/registry.js';
import { needModel, needVersion, oneLabel, type Action } from './action.js';

function told({ name, label, from, to }: Moved): string {
  return from === to ? `${name}@${label} is ${to} already` : `${name}@${label} is now ${to}${from === null ? '' : `, before it was ${from}`}`;
}

export const promote: Action = {
  name: 'promote',
  usage: '<name@version>',
  summary: 'point a label at a version; another label may stand for the version',
  run(options, context) {
    const { name, version } = needVersion('promote', options);
    const moved = promoteVersion(options.models, {
      name,
      version: resolveReference(options.models, `${name}@${version}`)?.version ?? version,
      ...oneLabel(options),
    });
    context.stdout(told(moved));
    context.result(moved);
    return Promise.resolve(EXIT.done);
  },
};

export const rollback: Action = {
  name: 'rollback',
  usage: '<name>',
  summary: 'point a label back at the version before',
  run(options, context) {
    const { name, version } = parseReference(needModel('rollback', options, 'name'));
    if (version !== undefined)
      throw new RobencError(
        'usage',
        `robenc models rollback takes the name alone, and the label with --label: robenc models rollback ${name} --label ${version}.`,
        {
          field: 'model',
        },
      );
    const moved = rollbackLabel(options.models, { name, ...oneLabel(options) });
    context.stdout(told(moved));
    context.result(moved);
    return Promise.resolve(EXIT.done);
  },
};

export const remove: Action = {
  name: 'remove',
  usage: '<name@version>',
  summary: 'remove a version that no label but latest points at',
  run(options, context) {
    const one = needVersion('remove', options);
    const { latest } = removeVersion(options.models, one);
    context.stdout(`Removed ${one.name}@${one.version}; ${latest === null ? 'no version is left' : `latest is ${latest}`}`);
    context.result({ ...one, latest });
    return Promise.resolve(EXIT.done);
  },
};
