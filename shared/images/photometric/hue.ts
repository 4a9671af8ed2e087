/** @file Hue: a turn of the colour circle in Pillow's 8-bit HSV. Equal to torchvision's `adjust_hue` on Pillow images. */
import type { PhotometricOperation } from './operation.js';

const { fround } = Math;

/** Hue 0..255 (255 a whole turn) in sixths of the circle: which sixth, and how far into it. */
const SECTOR = Uint8Array.from({ length: 256 }, (_, hue) => Math.floor((hue * 6) / 255) % 6);
const INTO = Float32Array.from({ length: 256 }, (_, hue) => (hue * 6) / 255 - Math.floor((hue * 6) / 255));
/** Saturation 0..255 as float32 in [0,1]. */
const SHARE = Float32Array.from({ length: 256 }, (_, saturation) => saturation / 255);

/** Hue 0..255 of a colour that is not grey, rounded down as Pillow does: after `colorsys`, in the same float32 steps. */
function hueOf(red: number, green: number, blue: number, high: number, range: number): number {
  let sixths: number;
  if (red === high) sixths = fround(fround((high - blue) / range) - fround((high - green) / range));
  else if (green === high) sixths = fround(2 + fround((high - red) / range) - fround((high - blue) / range));
  else sixths = fround(4 + fround((high - green) / range) - fround((high - red) / range));
  const turns = sixths / 6 + 1;
  return (fround(turns >= 1 ? turns - 1 : turns) * 255) | 0;
}

/** Turns the hue of every pixel that has one; value and (8-bit) saturation stay. */
const hue: PhotometricOperation = {
  name: 'hue',
  amount: 'share of a whole turn, -0.5 to 0.5; 0 changes nothing but roundings',
  apply(image, amount) {
    const { data } = image;
    const turn = Math.trunc(amount * 255) & 255;
    for (let i = 0; i < data.length; i += 3) {
      const red = data[i]!;
      const green = data[i + 1]!;
      const blue = data[i + 2]!;
      const high = red > green ? (red > blue ? red : blue) : green > blue ? green : blue;
      const low = red < green ? (red < blue ? red : blue) : green < blue ? green : blue;
      if (high === low) continue;
      const range = high - low;
      const saturation = (fround(range / high) * 255) | 0;
      if (saturation === 0) {
        data[i] = data[i + 1] = data[i + 2] = high;
        continue;
      }
      const turned = (hueOf(red, green, blue, high, range) + turn) & 255;
      const share = SHARE[saturation]!;
      const sector = SECTOR[turned]!;
      const weakest = (high * (1 - share) + 0.5) | 0;
      // In even sectors the middle channel rises, in odd ones it falls.
      const middle = (high * (1 - (sector % 2 === 0 ? share * (1 - INTO[turned]!) : fround(share * INTO[turned]!))) + 0.5) | 0;
      data[i] = sector === 0 || sector === 5 ? high : sector === 1 || sector === 4 ? middle : weakest;
      data[i + 1] = sector === 1 || sector === 2 ? high : sector === 0 || sector === 3 ? middle : weakest;
      data[i + 2] = sector === 3 || sector === 4 ? high : sector === 2 || sector === 5 ? middle : weakest;
    }
  },
};
export default hue;
