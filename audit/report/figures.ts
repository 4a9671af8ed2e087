/** @file Broken images for report.html: the clean image, the adversarial one, and ten times their difference. */
import type { AuditReport } from '@robenc/shared/config/audit.js';
import { epsilonText } from '@robenc/shared/evaluation/robust-accuracy.js';
import { planesUrl } from '@robenc/shared/images/data-url.js';
import type { Example } from './examples.js';
import { escapeMarkup } from '@robenc/shared/markup.js';

/** By how much differences are enlarged, around middle grey. */
const ENLARGED = 10;

export async function exampleFigures(examples: readonly Example[], report: AuditReport): Promise<string> {
  const names = new Map(report.data.classes.map(({ name, logit }) => [logit, name]));
  const { norm } = report.results[0]!;
  const called = (logit: number) => names.get(logit) ?? `logit ${logit}`;
  const figures = await Promise.all(
    examples.map(async ({ sample, at, clean, adversarial, height, width }) => {
      const difference = adversarial.map((value, i) => 0.5 + ENLARGED * (value - clean[i]!));
      const images = await Promise.all([clean, adversarial, difference].map((planes) => planesUrl(planes, height, width)));
      const [was, is] = [called(sample.label), called(at.prediction)];
      const shown = images.map((url, i) => `<img src="${url}" alt="${['clean', 'adversarial', 'ten times the difference'][i]!}">`).join('');
      return `<figure>${shown}<figcaption>${escapeMarkup(`${sample.id}: ${was} taken for ${is}, ${at.attack}, ${norm} ${epsilonText(at[norm])}`)}</figcaption></figure>`;
    }),
  );
  return `<p>Clean, adversarial, and ten times the difference on grey.</p>${figures.join('')}`;
}
