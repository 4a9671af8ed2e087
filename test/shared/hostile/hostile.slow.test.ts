/** @file Memory for hostile files stays below four times the file plus 200 MB: each is used in a process of its own. */
import assert from 'node:assert/strict';
import { files } from './files.js';
import { check, HostileFolder } from './hostile-folder.js';

const MEMORY = 200 * 2 ** 20;

describe('hostile files, each in a process of its own', () => {
  const folder = new HostileFolder();
  let idle: number;
  before(() => (idle = folder.use([folder.write(new Uint8Array(0))])[0]!.bytes));
  after(() => folder.remove());

  for (const [title, { make }] of Object.entries(files))
    it(`${title}: answered in time, and in little memory`, () => {
      const bytes = make();
      const used = folder.use([folder.write(bytes)])[0]!;
      check(title, used);
      const more = used.bytes - idle;
      assert.ok(more < 4 * bytes.length + MEMORY, `${(more / 2 ** 20).toFixed(0)} MB for a file of ${(bytes.length / 2 ** 20).toFixed(1)} MB`);
    });
});
