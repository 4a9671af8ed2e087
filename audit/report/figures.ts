/** @file Broken images for report.html: the clean image, the adversarial one, and ten times their difference. */
import type { AuditReport } from '@robenc/shared/config/audit.js';
import { epsilonText } from '@robenc/shared/evaluation/robust-accuracy.js';
import { encodePng } from '@robenc/shared/images/decode.js';
import type { Example } from './examples.js';
import { escapeMarkup } from '@robenc/shared/markup.js';

/** By how much differences are enlarged, around middle grey. */
const ENLARGED = 10;

export async function exampleFigures(examples: readonly Example[], report: AuditReport): Promise<string> {
  const names = new Map(report.data.classes.map(({ name, logit }) => [logit, name]));
  const called = (logit: number) => names.get(logit) ?? `logit ${logit}`;
  const figures = await Promise.all(
    examples.map(async ({ sample, at, clean, adversarial, height, width }) => {
      const difference = adversarial.map((value, i) => 0.5 + ENLARGED * (value - clean[i]!));
      const images = await Promise.all([clean, adversarial, difference].map((planes) => dataUrl(planes, height, width)));
      const [was, is] = [called(sample.label), called(at.prediction)];
      const shown = images.map((url, i) => `<img src="${url}" alt="${['clean', 'adversarial', 'ten times the difference'][i]!}">`).join('');
      return `<figure>${shown}<figcaption>${escapeMarkup(`${sample.id}: ${was} taken for ${is}, ${at.attack} at ${epsilonText(at.foundAt)}`)}</figcaption></figure>`;
    }),
  );
  return `<p>Clean, adversarial, and ten times the difference on grey.</p>${figures.join('')}`;
}

/** A PNG of planes [3,height,width] in [0,1]. */
async function dataUrl(planes: Float32Array, height: number, width: number): Promise<string> {
  const pixels = height * width;
  const data = Uint8Array.from({ length: 3 * pixels }, (_, i) => Math.round(255 * Math.min(Math.max(planes[(i % 3) * pixels + Math.floor(i / 3)]!, 0), 1)));
  return `data:image/png;base64,${Buffer.from(await encodePng({ width, height, data })).toString('base64')}`;
}
