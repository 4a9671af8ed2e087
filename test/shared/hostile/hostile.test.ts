/** @file Files that want to do harm: each gets a typed answer in at most two seconds. One process uses them all; hostile.slow.test.ts measures memory too. */
import { files } from './files.js';
import { check, HostileFolder, type Used } from './hostile-folder.js';

describe('hostile files', () => {
  const folder = new HostileFolder();
  let answers: Readonly<Record<string, Used>>;
  before(() => {
    const used = folder.use(Object.values(files).map(({ make }) => folder.write(make())));
    answers = Object.fromEntries(Object.keys(files).map((title, i) => [title, used[i]!]));
  });
  after(() => folder.remove());

  for (const title of Object.keys(files)) it(`${title}: answered in time`, () => check(title, answers[title]!));
});
