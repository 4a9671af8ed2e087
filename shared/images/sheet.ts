/** @file Contact sheets: many small images as one. */
import { RobencError } from '../errors.js';
import { blankImage, type Image } from './image.js';

/** Black pixels around each image. */
const GAP = 2;

/** Rows of images of one size; a row may be shorter than the others, its rest is black. */
export function contactSheet(rows: readonly (readonly Image[])[]): Image {
  const first = rows.flat()[0];
  if (first === undefined) throw new RobencError('bad-input', 'No images: a contact sheet needs at least one.');
  const { height, width } = first;
  const columns = Math.max(...rows.map((row) => row.length));
  const sheet = blankImage(rows.length * (height + GAP) + GAP, columns * (width + GAP) + GAP);
  rows.forEach((row, r) =>
    row.forEach((image, c) => {
      const left = GAP + c * (width + GAP);
      for (let y = 0; y < height; y++) {
        const top = GAP + r * (height + GAP) + y;
        sheet.data.set(image.data.subarray(y * width * 3, (y + 1) * width * 3), (top * sheet.width + left) * 3);
      }
    }),
  );
  return sheet;
}
