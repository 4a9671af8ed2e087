/** @file Settings of the server: flags before variables before the file before the defaults, and what each says of a wrong value. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSettings, strayVariables } from '@robenc/serve/settings/settings.js';
import { refusal } from '../../refusal.js';

describe('settings of the server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'robenc-settings-'));
  after(() => rmSync(folder, { recursive: true }));
  const written = (content: object) => {
    const path = join(folder, 'settings.json');
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const resolved = (flags: object, environment: Record<string, string> = {}, file?: string) =>
    resolveSettings({ flags: flags as Record<string, unknown>, environment, file, cwd: folder });

  it('come from flags, then variables, then the file, then the defaults, and say from where', () => {
    const file = written({ batch: 2, queueLimit: 3, maxImages: 4 });
    const { settings, sources } = resolved({ batch: 8 }, { ROBENC_BATCH: '9', ROBENC_QUEUE_LIMIT: '5', ROBENC_CORS: 'https://a.org, https://b.org' }, file);
    assert.deepEqual([settings.batch, settings.limits.queueLimit, settings.limits.maxImages, settings.port], [8, 5, 4, 8080]);
    assert.deepEqual([sources.batch, sources.queueLimit, sources.maxImages, sources.port], ['flag', 'environment', 'file', 'default']);
    assert.deepEqual(settings.cors, ['https://a.org', 'https://b.org']);
  });

  const wrong: readonly [flags: object, environment: Record<string, string>, message: RegExp][] = [
    [{}, { ROBENC_PORT: 'abc' }, /^ROBENC_PORT: port is "abc"; it must be a whole number/],
    [{}, { ROBENC_PORT: '99999' }, /^ROBENC_PORT: port is 99999; it must be <= 65535/],
    [{}, { ROBENC_DEVICE: 'gpu' }, /"gpu".*There are: auto, cpu, cuda, webgpu/],
    [{ maxBody: '12q' }, {}, /--max-body 12q is not a size.*mb/],
    [{ cors: ['example.org'] }, {}, /--cors example\.org is not an origin.*https:\/\/example\.org/],
    [{ cors: ['https://example.org/'] }, {}, /--cors https:\/\/example\.org\/ is not an origin.*alone/],
    [{ otlpEndpoint: 'collector' }, {}, /--otlp-endpoint collector is not an address.*http:\/\/localhost:4318/],
    [{ otlpEndpoint: 'collector:4318' }, {}, /--otlp-endpoint collector:4318 is not an address/],
    [{ tlsCert: 'a.pem' }, {}, /needs both --tls-cert and --tls-key/],
  ];
  for (const [flags, environment, message] of wrong)
    it(`${JSON.stringify({ ...flags, ...environment })} is refused with its value and what would do`, () =>
      void assert.throws(() => resolved(flags, environment), refusal('usage', message)));

  it('a field of the file that is not known is named with the nearest one', () =>
    void assert.throws(
      () => resolved({}, {}, written({ queLimit: 5 })),
      refusal('usage', /settings\.json: queLimit is not known here\. Did you mean "queueLimit"/),
    ));

  it('variables that look like settings and are none are told with the one that is meant; others are left alone', () => {
    assert.deepEqual(strayVariables({ ROBENC_QUEU_LIMIT: '5', ROBENC_QUEUE_LIMIT: '5', ROBENC_PEERS: '/x', QUEUE_LIMIT: '1' }), [
      'The environment has ROBENC_QUEU_LIMIT, which is no setting and changes nothing. Did you mean ROBENC_QUEUE_LIMIT?',
    ]);
  });

  it('a star, an origin and an origin with a port are origins', () =>
    assert.equal(resolved({ cors: ['*', 'https://a.org', 'http://localhost:3000'] }).settings.cors.length, 3));
});
