/** @file Images inside HTML: PNG files as data URLs. */
import { encodePng } from './decode.js';
import { fromTensor, type Image } from './image.js';

export async function imageUrl(image: Image): Promise<string> {
  return `data:image/png;base64,${Buffer.from(await encodePng(image)).toString('base64')}`;
}

/** Of planes [3,height,width] in [0,1]. */
export function planesUrl(planes: Float32Array, height: number, width: number): Promise<string> {
  return imageUrl(fromTensor(planes, height, width));
}
