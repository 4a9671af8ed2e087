/** @file The Python snippet of a card: runs a package with nothing but onnxruntime and numpy, and checks it against the golden outputs first. */
import type { Manifest } from '../config/manifest.js';

/** A fenced program for a file beside the package's own; it prints what the model says of the golden input. */
export function pythonSnippet({ files, input }: Pick<Manifest, 'files' | 'input'>): string {
  const role = files.classifier ? 'classifier' : 'encoder';
  const output = files.classifier ? 'logits' : 'embedding';
  return `\`pip install onnxruntime numpy pillow\`, then, in the folder of this card:

\`\`\`python
import base64, json
import numpy as np
import onnxruntime as ort
from PIL import Image, ImageOps

session = ort.InferenceSession("${files[role]!.path}", providers=["CPUExecutionProvider"])
manifest = json.load(open("manifest.json", encoding="utf-8"))


def tensor(entry):  # uint8 stands for value / 255
    data = np.frombuffer(base64.b64decode(entry["base64"]), dtype=entry["dtype"]).reshape(entry["shape"])
    return data.astype(np.float32) / np.float32(255) if entry["dtype"] == "uint8" else data


golden = json.load(open("golden.json", encoding="utf-8"))
case = golden["graphs"]["${role}"]
expected = tensor(case["outputs"]["${output}"])
actual = session.run(["${output}"], {"image": tensor(golden["tensors"][case["inputs"]["image"]])})[0]
assert np.abs(actual - expected).max() <= golden["tolerance"] * np.abs(expected).max(), "this runtime computes something else"


def pixels(path):
    size = (${input.width}, ${input.height})
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    image = ${fitText(input.fit)}
    return (np.asarray(image, dtype=np.float32) / np.float32(255)).transpose(2, 0, 1)[None]


def run(path):
    ${
      files.classifier
        ? `logits = session.run(["logits"], {"image": pixels(path)})[0][0]
    return manifest["classes"][int(logits.argmax())]`
        : `return session.run(["embedding"], {"image": pixels(path)})[0][0]`
    }


print("golden outputs reproduced")
\`\`\``;
}

function fitText(fit: Manifest['input']['fit']): string {
  if (fit === 'stretch') return 'image.resize(size, Image.BILINEAR)';
  if (fit === 'contain') return 'ImageOps.pad(image, size, Image.BILINEAR, color=(128, 128, 128))';
  return 'ImageOps.fit(image, size, Image.BILINEAR)';
}
