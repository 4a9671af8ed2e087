/** @file Bringing a whole set to the size that is wanted. */
import { fitImage, type SizePolicy } from '../images/fit.js';
import { imageAt, sharedBytes, type ImageSet } from './image-set.js';

/** The set with every image fitted; the set itself where it has that size already. */
export function fitSet(set: ImageSet, size: SizePolicy | undefined): ImageSet {
  if (size === undefined || (set.height === size.height && set.width === size.width)) return set;
  const bytes = size.height * size.width * 3;
  const pixels = sharedBytes(set.count * bytes);
  for (let i = 0; i < set.count; i++) pixels.set(fitImage(imageAt(set, i), size).data, i * bytes);
  return { ...set, height: size.height, width: size.width, pixels };
}
