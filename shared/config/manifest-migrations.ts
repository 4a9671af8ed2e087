/** @file Reading manifests of earlier schema versions: each is brought to the next one's form, in memory, until it is the current one. */
import { RobencError } from '../errors.js';
import { check } from './check.js';
import { Manifest, MANIFEST_SCHEMA_VERSION } from './manifest.js';

type Plain = Readonly<Record<string, unknown>>;

/** From version n (the key) to n + 1. */
const MIGRATIONS: Readonly<Record<number, (old: Plain) => Plain>> = {
  // Version 1 had only packages of training runs, with every graph whole and no list of what else belongs to it.
  1: (old) => ({ ...old, schemaVersion: 2, origin: { kind: 'run' } }),
};

/**
 * The manifest in the current form. Throws `bad-file` naming `what`, for a version that is newer than this program, or for fields that break the schema.
 */
export function readManifest(value: unknown, what: string): Manifest {
  let manifest = value;
  while (isPlain(manifest) && typeof manifest['schemaVersion'] === 'number' && manifest['schemaVersion'] < MANIFEST_SCHEMA_VERSION) {
    const migrate = MIGRATIONS[manifest['schemaVersion']];
    if (migrate === undefined) break;
    manifest = migrate(manifest);
  }
  if (isPlain(manifest) && typeof manifest['schemaVersion'] === 'number' && manifest['schemaVersion'] > MANIFEST_SCHEMA_VERSION)
    throw new RobencError(
      'bad-file',
      `${what} has schemaVersion ${manifest['schemaVersion']}, and this robenc reads up to ${MANIFEST_SCHEMA_VERSION}. Use the version of robenc that wrote it, or a newer one.`,
      { field: 'schemaVersion' },
    );
  const checked = check(Manifest, manifest, what, { code: 'bad-file' });
  if (checked.files.encoder === undefined && checked.files.classifier === undefined)
    throw new RobencError('bad-file', `${what}: files has neither an encoder nor a classifier; a package needs one of them.`, { field: 'files' });
  return checked;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
