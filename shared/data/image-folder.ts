/** @file A folder of images: with class folders (labels in lexicographic order of their names), or flat (no labels); with train/ and test/ above, or without. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RobencError } from '../errors.js';
import { decodeImage } from '../images/decode.js';
import { fitImage, type SizePolicy } from '../images/fit.js';
import { sizeText, type Image } from '../images/image.js';
import { sharedBytes, type ImageSet } from './image-set.js';
import { listImages, type ListedImages } from './image-files.js';
import { existingPath } from './path.js';
import { chooseIndices, partIndices } from './select.js';
import type { DataSource, LoadRequest } from './source.js';

/** Files decoded at a time: enough to keep the decoder's threads busy. */
const AT_ONCE = 16;

const imageFolder: DataSource = {
  name: 'image-folder',
  summary: 'a folder of JPEG, PNG, WebP, AVIF, GIF or TIFF files, with or without class folders, with or without train/ and test/ above them',
  needsPath: true,
  async load(request) {
    const listed = listImages(existingPath(request.path, 'image-folder'), request.split);
    const chosen = choose(listed, request);
    const files = chosen.map((index) => listed.files[index]!);
    const { kept, pixels, size } = await readAll(listed.folder, files, request);
    const { labels } = listed;
    return {
      name: 'image-folder',
      classes: listed.classes,
      labels: labels === null ? null : Int32Array.from(kept, (i) => labels[chosen[i]!]!),
      names: kept.map((i) => files[i]!),
      count: kept.length,
      height: size.height,
      width: size.width,
      pixels,
      undivided: listed.undivided && request.holdOut === undefined,
    } satisfies ImageSet;
  },
};
export default imageFolder;

/** The files of the part that is asked for, of those so many as are wanted. */
function choose({ files, labels, undivided }: ListedImages, request: LoadRequest): number[] {
  const { holdOut, split } = request;
  if (!undivided || holdOut === undefined) return [...chooseIndices(files.length, labels, request)];
  if (files.length < 2)
    throw new RobencError('bad-input', `There is one image, which cannot be parted into training and test images. Give more with --data, or no --hold-out.`, {
      field: 'data',
    });
  const part = partIndices(files.length, labels, split, holdOut);
  const partLabels = labels === null ? null : Int32Array.from(part, (index) => labels[index]!);
  return Array.from(chooseIndices(part.length, partLabels, request), (i) => part[i]!);
}

/** Decodes and fits the files, in order. `kept` are the positions of those that could be read. */
async function readAll(folder: string, files: readonly string[], request: LoadRequest): Promise<{ kept: number[]; pixels: Uint8Array; size: SizePolicy }> {
  let size = request.size;
  let pixels: Uint8Array | undefined;
  const kept: number[] = [];
  for (let start = 0; start < files.length; start += AT_ONCE) {
    const images = await Promise.all(files.slice(start, start + AT_ONCE).map((file) => readOne(folder, file, request)));
    images.forEach((image, i) => {
      if (image === null) return;
      size ??= { height: image.height, width: image.width, fit: 'exact' };
      pixels ??= sharedBytes(files.length * size.height * size.width * 3);
      pixels.set(fitOne(image, size, files[start + i]!).data, kept.length * size.height * size.width * 3);
      kept.push(start + i);
    });
  }
  if (pixels === undefined || size === undefined)
    throw new RobencError('bad-input', `None of the ${files.length} images in ${folder} can be read. Give another folder with --data.`, { field: 'data' });
  return { kept, pixels: pixels.subarray(0, kept.length * size.height * size.width * 3), size };
}

async function readOne(folder: string, file: string, { skipUnreadable, warn }: LoadRequest): Promise<Image | null> {
  try {
    return await decodeImage(await readFile(join(folder, file)));
  } catch (cause) {
    const what = `${join(folder, file)}: ${messageOf(cause)}`;
    if (!skipUnreadable)
      throw new RobencError('bad-file', `${what} Repair or remove it; robenc data write with --skip-unreadable copies the others.`, { cause, field: file });
    warn(`Left out ${what}`);
    return null;
  }
}

function fitOne(image: Image, size: SizePolicy, file: string): Image {
  if (size.fit === 'exact' && (image.height !== size.height || image.width !== size.width))
    throw new RobencError('mismatch', `${file} is ${sizeText(image)}, and ${sizeText(size)} is wanted. Pass --resize to have images resized.`, {
      field: 'resize',
    });
  return fitImage(image, size);
}
