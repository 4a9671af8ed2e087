/** @file The page of the browser layout in headless Chromium, against ONNX Runtime here. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { writeLayout } from '@robenc/shared/deploy/layouts/write.js';
import { RobencError } from '@robenc/shared/errors.js';
import { openPackage, type ModelPackage } from '@robenc/shared/package/open.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { Random } from '@robenc/shared/math/random.js';
import { SIZE } from '../evaluation/small-encoder.js';
import { skip } from '../../skip.js';
import { writeSmallPackage } from './fixture.js';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.png': 'image/png' };

function chromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

describe('the page for browsers', function () {
  this.timeout(5 * 60_000);
  let root: string;
  let server: Server | undefined;
  let opened: ModelPackage;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-browser-'));
    opened = await openPackage((await writeSmallPackage(join(root, 'models'))).folder);
  });
  after(() => {
    server?.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('embeds an image as ONNX Runtime does here', async function () {
    const program = chromium();
    if (program === undefined) return skip(this, 'no chromium on the PATH: apt-get install chromium');
    const site = join(root, 'site');
    try {
      writeLayout('browser', opened, site);
    } catch (error) {
      if (error instanceof RobencError && error.code === 'unavailable') return skip(this, error.message);
      throw error;
    }
    const random = new Random(1, 'browser');
    const pixels = Buffer.from(Array.from({ length: SIZE * SIZE * 3 }, () => random.integer(256)));
    writeFileSync(
      join(site, 'test.png'),
      await sharp(pixels, { raw: { width: SIZE, height: SIZE, channels: 3 } })
        .png()
        .toBuffer(),
    );
    server = createServer((request, response) => {
      const path = join(site, normalize(new URL(request.url!, 'http://localhost').pathname));
      const file = path.endsWith('/') ? join(path, 'index.html') : path;
      if (!existsSync(file)) return response.writeHead(404).end();
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?image=test.png`;
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${join(root, 'profile')}`];
    const { stdout } = await promisify(execFile)(program, [...flags, '--virtual-time-budget=60000', '--dump-dom', url], { maxBuffer: 1 << 24 });
    const text = /<pre id="result">([^<]*)<\/pre>/.exec(stdout)?.[1] ?? stdout;
    assert.match(text, /^\[/, text);
    const found = JSON.parse(text) as number[];
    const image = new Float32Array(3 * SIZE * SIZE);
    for (let i = 0; i < SIZE * SIZE; i++) for (let c = 0; c < 3; c++) image[c * SIZE * SIZE + i] = pixels[3 * i + c]! / 255;
    const session = await openSession(opened.path('encoder')!);
    const { data } = (await session.run({ image: { dtype: 'float32', shape: [1, 3, SIZE, SIZE], data: image } }))['embedding']!;
    await session.close();
    assert.equal(found.length, data.length);
    const worst = Math.max(...found.map((value, i) => Math.abs(value - Number(data[i]))));
    assert.ok(worst < 1e-4, String(worst));
  });
});
