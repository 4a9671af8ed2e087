/** @file What is to be made of an image file: the model's input size, and perhaps crops. */
import type { CropSchemeName } from '@robenc/shared/config/manifest.js';
import type { SizePolicy } from '@robenc/shared/images/fit.js';

/** How the crops of a patch-aggregate are drawn; with the same seed, the same image gives the same crops, in whatever request. */
export interface CropRequest {
  readonly count: number;
  readonly scheme: CropSchemeName;
  readonly seed: number;
}

export interface Recipe {
  readonly policy: SizePolicy;
  /** Images with more pixels are refused before they are decoded. */
  readonly maxPixels: number;
  readonly crops: CropRequest | null;
}

/** An image as model input. */
export interface PreparedImage {
  /** 1, or the number of crops. */
  readonly rows: number;
  /** float32 [rows,3,height,width] in [0,1]. */
  readonly data: Float32Array;
  /** Size of the image as it was sent (after EXIF orientation), in pixels. */
  readonly width: number;
  readonly height: number;
}
