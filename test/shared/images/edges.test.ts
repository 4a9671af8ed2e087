/** @file What spatter is made of gives what OpenCV 4 gives: edges, distances, equalised levels. */
import assert from 'node:assert/strict';
import { distances, edges, equalised, mean3 } from '@robenc/shared/images/corruptions/edges.js';
import { convolve } from '@robenc/shared/images/corruptions/filters.js';
import { EMBOSS } from '@robenc/shared/images/corruptions/spatter.js';

/** Of cv2.Canny(levels, 50, 150), cv2.distanceTransform(255 - edges, DIST_L2, 5) up to 20, cv2.equalizeHist and cv2.filter2D, opencv-python-headless. */
const [WIDTH, HEIGHT] = [14, 10];
// prettier-ignore
const LEVELS = Float32Array.of(...[159, 159, 148, 126, 0, 0, 0, 0, 0, 0, 136, 163, 178, 189, 168, 163, 143, 126, 0, 0, 0, 0, 0, 0, 146, 169, 190, 203, 182, 171, 141, 129, 136, 123, 0, 0, 0, 120, 149, 172, 205, 226, 202, 189, 154, 130, 130, 134, 133, 126, 0, 0, 131, 158, 208, 235, 235, 220, 177, 123, 0, 0, 0, 0, 0, 0, 0, 136, 193, 225, 255, 235, 185, 123, 0, 0, 0, 0, 0, 128, 0, 124, 166, 191, 199, 180, 145, 0, 0, 0, 0, 0, 0, 157, 152, 144, 159, 167, 0, 0, 0, 0, 0, 0, 0, 0, 160, 199, 195, 181, 173, 167, 0, 0, 0, 0, 121, 148, 140, 154, 199, 231, 220, 190, 162, 148, 0, 0, 0, 0, 120, 167, 165, 171, 210, 238, 222, 181, 144, 127]);
// prettier-ignore
const EDGES = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0];
// prettier-ignore
const DISTANCES = [3.0, 2.0, 1.0, 0.0, 1.0, 1.4, 2.0, 2.0, 1.4, 1.0, 0.0, 1.0, 1.0, 0.0, 2.197, 2.0, 1.4, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.4, 1.0, 1.4, 1.4, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.4, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.4, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.4, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.4, 1.4, 1.0, 1.0, 0.0, 3.0, 3.0, 2.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
// prettier-ignore
const EQUALISED = [116, 116, 90, 29, 0, 0, 0, 0, 0, 0, 61, 128, 165, 185, 145, 128, 70, 29, 0, 0, 0, 0, 0, 0, 81, 148, 191, 214, 177, 154, 67, 38, 61, 17, 0, 0, 0, 6, 93, 156, 217, 238, 212, 185, 101, 43, 43, 52, 49, 29, 0, 0, 46, 107, 220, 249, 249, 229, 162, 17, 0, 0, 0, 0, 0, 0, 0, 61, 197, 235, 255, 249, 180, 17, 0, 0, 0, 0, 0, 35, 0, 20, 133, 194, 209, 168, 78, 0, 0, 0, 0, 0, 0, 104, 96, 75, 116, 142, 0, 0, 0, 0, 0, 0, 0, 0, 119, 209, 200, 174, 159, 142, 0, 0, 0, 0, 9, 90, 64, 101, 209, 241, 229, 191, 122, 90, 0, 0, 0, 0, 6, 142, 130, 154, 223, 252, 232, 174, 75, 32];
// prettier-ignore
const EQUALISED_DISTANCES = [255, 219, 219, 0, 0, 0, 219, 219, 0, 0, 0, 0, 0, 0, 219, 219, 219, 0, 0, 0, 0, 219, 0, 0, 0, 0, 0, 0, 219, 219, 219, 219, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 219, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 219, 219, 0, 0, 0, 0, 0, 0, 0, 219, 219, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 219, 219, 219, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 219, 219, 0, 0, 0, 0, 0, 219, 219, 0, 0, 0];
// prettier-ignore
const SOFT = [175, 122, 53, 0, 24, 53, 53, 28, 0, 0, 0, 0, 0, 0, 122, 85, 37, 0, 24, 53, 53, 28, 0, 0, 0, 0, 0, 0, 53, 37, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28, 57, 81, 53, 24, 0, 0, 0, 0, 0, 0, 77, 53, 24, 53, 109, 134, 81, 24, 0, 0, 0, 0, 0, 0, 162, 138, 105, 105, 134, 134, 81, 24, 0, 0, 0, 0, 0, 0, 239, 219, 182, 130, 101, 53, 28, 28, 57, 81, 53, 24, 0, 0, 223, 231, 195, 126, 49, 0, 0, 53, 109, 134, 81, 24, 0, 0, 215, 227, 191, 126, 49, 0, 0, 81, 166, 215, 134, 49, 0, 0];

describe('edges and distances', () => {
  const plane = (data: Float32Array) => ({ width: WIDTH, height: HEIGHT, data });

  it('edges are those of OpenCV', () => {
    assert.deepEqual([...edges(plane(LEVELS), 50, 150)], EDGES);
  });

  it('distances to the nearest edge are those of OpenCV', () => {
    const found = distances(Uint8Array.from(EDGES), WIDTH, HEIGHT, 20);
    assert.deepEqual(
      [...found].map((value) => Math.round(1000 * value) / 1000),
      DISTANCES,
    );
    assert.deepEqual([...distances(new Uint8Array(4), 2, 2, 20)], [20, 20, 20, 20]);
  });

  it('equalised levels, and what light from the upper left makes of them, are those of OpenCV', () => {
    assert.deepEqual([...equalised(LEVELS)], EQUALISED);
    assert.deepEqual([...equalised(Float32Array.of(7, 7))], [7, 7]);
    const even = equalised(mean3(plane(Float32Array.from(DISTANCES))).data.map(Math.floor));
    assert.deepEqual([...even], EQUALISED_DISTANCES);
    const lit = convolve(plane(even), EMBOSS, 'mirror').data.map((value) => Math.min(Math.max(value, 0), 255));
    assert.deepEqual([...mean3(plane(lit)).data.map(Math.round)], SOFT);
  });
});
