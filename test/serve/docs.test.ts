/** @file docs/http-api.md names every endpoint, option, error code and attack that there is, docs/auditing.md every attack and preset. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { API_ERRORS } from '@robenc/serve/errors.js';
import { USABLE } from '@robenc/serve/routes/robustness-schema.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { presets } from '@robenc/shared/attacks/presets.js';
import { routes } from '@robenc/serve/routes/index.js';

const text = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');

describe('docs/http-api.md', () => {
  for (const route of routes.entries)
    it(`has ${route.method.toUpperCase()} ${route.path} and all its options`, () => {
      const heading = `\`${route.method.toUpperCase()} ${route.path}\``;
      assert.ok(text.includes(heading), `docs/http-api.md does not mention ${heading}: add its row to the table of endpoints.`);
      const section = text.split(`## POST ${route.path}`)[1]?.split('\n## ')[0] ?? text;
      for (const option of Object.keys(route.options.properties))
        assert.ok(
          `${section}${option === 'model' ? text : ''}`.includes(`\`${option}\``),
          `docs/http-api.md, section POST ${route.path}: no row for the option \`${option}\`.`,
        );
    });

  it('has every error code with its status but the one that nobody receives', () => {
    for (const [code, { status }] of Object.entries(API_ERRORS)) {
      const row = new RegExp(`\\| ${status} +\\| \`${code}\``);
      assert.equal(row.test(text), code !== 'client_closed_request', code);
    }
  });

  it('names every attack that the server can make', () => {
    for (const name of USABLE) assert.ok(text.includes(`\`${name}\``), `docs/http-api.md does not name the attack \`${name}\`.`);
  });
});

it('docs/auditing.md has a row for every attack and every preset', () => {
  const auditing = readFileSync(new URL('../../docs/auditing.md', import.meta.url), 'utf8');
  for (const name of [...attacks.names, ...presets.names])
    assert.match(auditing, new RegExp(`^\\| \`${name}\` +\\|`, 'm'), `docs/auditing.md has no row for \`${name}\`.`);
});
