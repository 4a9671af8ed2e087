/** @file A process that changes a models folder at random until it is killed; a dot on stdout for every change. Arguments: folder, seed, and an ONNX file to import or nothing. */
import { RobencError } from '@robenc/shared/errors.js';
import { versionsOf } from '@robenc/shared/package/layout.js';
import { promote, removeVersion, rollback } from '@robenc/shared/package/registry.js';
import { writePackage } from '@robenc/shared/package/write.js';
import { Random } from '@robenc/shared/math/random.js';
import { job } from './packages.js';

const [models, seed, onnx] = process.argv.slice(2) as [string, string, string | undefined];
const random = new Random(Number(seed), 'storm');
const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
const name = 'tiny';

async function add(): Promise<void> {
  const labels = random.integer(2) === 0 ? ['latest'] : ['canary'];
  if (onnx === undefined) {
    writePackage(models, { ...job(), labels });
    return;
  }
  // Only here: it loads ONNX Runtime, which takes a while.
  const { importModel } = await import('@robenc/shared/deploy/import-onnx.js');
  await importModel({
    file: onnx,
    models,
    name,
    role: 'classifier',
    mean: [],
    std: [],
    layout: 'nchw',
    range: [],
    classes: [],
    resize: undefined,
    output: undefined,
    attack: false,
    createdAt: '2030-01-31T12:00:00Z',
    producerVersion: 'test',
    publication: { version: 'auto', labels },
    note: () => undefined,
  });
}

for (;;) {
  const versions = versionsOf(models, name);
  const label = pick(['latest', 'production', 'canary']);
  try {
    const choice = random.integer(10);
    if (choice < 4) await add();
    else if (choice < 7) promote(models, { name, version: pick(versions) ?? '1', label });
    else if (choice < 9 || versions.length < 8) rollback(models, { name, label });
    else removeVersion(models, { name, version: pick(versions) });
  } catch (error) {
    // Another process was there first: the version is gone, or has a label, or there is nothing to go back to.
    if (!(error instanceof RobencError) || (error.code !== 'not-found' && error.code !== 'usage')) throw error;
  }
  process.stdout.write('.');
}
