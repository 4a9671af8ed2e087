/** @file What a browser needs: onnxruntime-web, the encoder as one file, and a page that embeds an image. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { RobencError } from '../../errors.js';
import { escapeMarkup } from '../../markup.js';
import type { ModelPackage } from '../../package/open.js';
import { selfContained, type Layout } from './layout.js';

/** The build of onnxruntime-web for WebAssembly alone: its module, and what that loads. */
const RUNTIME = /^ort\.wasm\.min\.mjs$|^ort-wasm-simd-threaded\.(wasm|mjs)$/;

export const browser: Layout = {
  name: 'browser',
  summary: 'onnxruntime-web, the encoder and a page that embeds an image, to be served as they are',
  files(opened) {
    const role = opened.path('encoder') === null ? 'classifier' : 'encoder';
    const model = selfContained(opened, role)!;
    const output = role === 'encoder' ? 'embedding' : 'logits';
    return new Map<string, Uint8Array | string>([['model.onnx', model], ['index.html', pageText(opened, output)], ...runtimeFiles()]);
  },
};

function runtimeFiles(): [string, Uint8Array][] {
  let folder: string;
  try {
    folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
  } catch (cause) {
    throw new RobencError('unavailable', 'onnxruntime-web is not installed, and the page needs it. Install it: npm install --no-save onnxruntime-web@1.30.0', {
      cause,
    });
  }
  return readdirSync(folder)
    .filter((file) => RUNTIME.test(file))
    .map((file) => [`ort/${file}`, readFileSync(join(folder, file))]);
}

/** `?image=URL` embeds that image at once. Sizes other than the model's are fitted by drawing, which browsers do in their own way. */
function pageText({ name, version, manifest }: ModelPackage, output: string): string {
  const { width, height, fit } = manifest.input;
  const scale = fit === 'stretch' ? null : fit === 'cover' ? 'Math.max' : 'Math.min';
  const draw =
    scale === null
      ? 'pen.drawImage(bitmap, 0, 0, width, height);'
      : `const s = ${scale}(width / bitmap.width, height / bitmap.height), w = bitmap.width * s, h = bitmap.height * s;
        pen.drawImage(bitmap, (width - w) / 2, (height - h) / 2, w, h);`;
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>${escapeMarkup(`${name}@${version}`)}</title>
  <input type="file" id="file" accept="image/*">
  <pre id="result">Choose an image.</pre>
  <script type="module">
    import * as ort from "./ort/ort.wasm.min.mjs";
    const [width, height] = [${width}, ${height}], result = document.getElementById('result');
    ort.env.wasm.numThreads = 1;
    const session = ort.InferenceSession.create('./model.onnx');
    async function embed(blob) {
      try {
        const bitmap = await createImageBitmap(blob);
        const pen = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
        pen.fillStyle = 'rgb(128,128,128)'; pen.fillRect(0, 0, width, height);
        ${draw}
        const { data } = pen.getImageData(0, 0, width, height), pixels = new Float32Array(3 * width * height);
        for (let i = 0; i < width * height; i++) for (let c = 0; c < 3; c++) pixels[c * width * height + i] = data[4 * i + c] / 255;
        const image = new ort.Tensor('float32', pixels, [1, 3, height, width]);
        result.textContent = JSON.stringify(Array.from((await (await session).run({ image })).${output}.data));
      } catch (error) { result.textContent = String(error); }
    }
    document.getElementById('file').onchange = (event) => embed(event.target.files[0]);
    const url = new URLSearchParams(location.search).get('image');
    if (url) embed(await (await fetch(url)).blob());
  </script>
</html>
`;
}
