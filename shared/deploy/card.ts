/** @file MODEL_CARD.md: what a model is, what it was measured to do and against whom, and how to run it. */
import type { Manifest } from '../config/manifest.js';
import { percent } from '../evaluation/intervals.js';
import { pythonSnippet } from './python.js';

type Score = Manifest['scores'][number];

/** The card of a package, from its manifest. Where something was not measured the card says so. */
export function cardText(manifest: Manifest): string {
  const { name, input, classes, embeddingSize, training, origin, heads, files } = manifest;
  const sections = [
    `# ${name}`,
    summary(manifest),
    '## What it takes and gives',
    [
      `- Input: RGB pixels from ${input.range[0]} to ${input.range[1]}, float32 \`[batch,3,${input.height},${input.width}]\`. Normalisation is inside the graphs. Images of another size are brought to this one by \`${input.fit}\`, bilinear and antialiased.`,
      ...(files.encoder ? [`- \`encoder.onnx\`: an embedding of ${embeddingSize} numbers.`] : []),
      ...(files.classifier ? [`- \`classifier.onnx\`: logits of ${classes.length} classes: ${listed(classes)}.`] : []),
      ...(files.aggregateClassifier && heads.aggregate
        ? [`- \`aggregate-classifier.onnx\`: logits from the mean embedding of ${heads.aggregate.crops} ${heads.aggregate.scheme} of one image.`]
        : []),
      ...(files.gradient ? ['- `gradient.onnx`: loss, logits and the gradient of the cross-entropy with respect to the pixels.'] : []),
      ...(files.attack ? ['- `attack.onnx`: PGD, all steps in one run.'] : []),
    ].join('\n'),
    '## Scores',
    scoresText(manifest.scores),
    ...(manifest.variants === undefined ? [] : ['## Other number formats', variantsText(manifest.variants)]),
    ...(files.picture
      ? [
          '## Pictures',
          `![Test images, their adversarial images, and the difference](${files.picture.path})`,
          'First row: test images. Second row: adversarial images. Third row: their difference, enlarged around grey.',
        ]
      : []),
    '## Threat model',
    'Robust accuracies are upper bounds: a stronger attack may lower them. "image": the adversary knows everything and changes the pixels of the whole image by at most epsilon each, in [0,1]. "crops": it changes every crop by itself, which is more than any change of one image can do. Other changes (rotation, blur, patches) were not measured.',
    '## Training and data',
    origin.kind === 'run'
      ? [
          `- Method: ${training.method}, seed ${training.seed}, ${number(training.epochs)} epochs, ${training.imagesSeen} images seen, ${training.minutes.toFixed(1)} minutes.`,
          `- Data: ${training.data}.`,
          ...(heads.image ? [`- Linear head fitted on: ${heads.image.fittedOn}.`] : []),
          ...(heads.aggregate ? [`- Head on crops fitted on: ${heads.aggregate.fittedOn}.`] : []),
        ].join('\n')
      : [
          `- Imported from ${origin.file ?? 'a file'} (SHA-256 \`${origin.sha256 ?? 'unknown'}\`). How it was trained is not known here.`,
          ...(origin.assumptions ?? []).map((assumption) => `- Assumed: ${assumption}`),
        ].join('\n'),
    '## Limits',
    [
      '- The scores hold for images like those that they were measured on.',
      ...(files.classifier ? ['- It answers one of its classes for every image, also for one that shows none of them.'] : []),
      '- Nothing here was checked for fairness among groups of people. Do not decide about people with it.',
    ].join('\n'),
    '## How it was checked',
    parityText(manifest.parity),
    '## Run it from Python',
    pythonSnippet(manifest),
  ];
  return `${sections.join('\n\n')}\n`;
}

function summary({ origin, training, producer, createdAt }: Manifest): string {
  const what = origin.kind === 'run' ? `An image encoder trained by ${training.method}, with linear heads` : 'An imported model';
  return `${what}. Written by ${producer.name} ${producer.version} on ${createdAt}.`;
}

function scoresText(scores: readonly Score[]): string {
  if (scores.length === 0) return 'Not measured. `robenc evaluate` before `robenc export` puts its scores here.';
  const rows = scores.map(({ metric, head, threat, attack, epsilon, value, interval, images, data }) => [
    `${metric}, ${head === 'image' ? 'whole image' : 'mean over crops'}`,
    threat === 'none' ? 'none' : `${threat}, ${radius(epsilon)}, ${attackName(attack)}`,
    `${percent(value)} (${percent(interval[0])} to ${percent(interval[1])})`,
    String(images),
    data ?? 'unknown',
  ]);
  return markdownTable(['what', 'threat', 'value (95 % interval)', 'images', 'data'], rows);
}

function variantsText(variants: NonNullable<Manifest['variants']>): string {
  const rows = Object.entries(variants).map(([name, { method, bytes, comparison }]) => [
    name,
    method,
    `${(bytes / 1e6).toFixed(2)} MB`,
    comparison
      ? `${percent(comparison.accuracy)} (float32: ${percent(comparison.referenceAccuracy)}), ${comparison.images} images of ${comparison.data}`
      : 'not measured',
    comparison?.robust
      ? `${percent(comparison.robust.accuracy)} (float32: ${percent(comparison.robust.referenceAccuracy)}) at ${radius(comparison.robust.epsilon)}, ${comparison.robust.images} images`
      : 'not measured',
    comparison?.speed === undefined ? 'not measured' : `${comparison.speed.toFixed(2)} times float32`,
  ]);
  return `${markdownTable(['format', 'made by', 'size', 'clean accuracy', 'robust accuracy', 'speed'], rows)}\n\nAdversarial images for these formats were made with the gradients of the float32 graphs and are upper bounds.`;
}

function parityText(parity: Manifest['parity']): string {
  if (parity.length === 0) return 'The graphs were not compared with another implementation.';
  const rows = parity.map(({ graph, against, maxRelativeError, images, tolerance }) => [
    graph,
    against,
    maxRelativeError.toExponential(1),
    String(images),
    String(tolerance),
  ]);
  return markdownTable(['graph', 'compared with', 'greatest relative error', 'images', 'allowed'], rows);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The first dozen. */
function listed(classes: readonly string[]): string {
  return classes.length <= 12 ? classes.join(', ') : `${classes.slice(0, 12).join(', ')} and ${classes.length - 12} more (manifest.json has all)`;
}

/** A radius as people give it. */
function radius(epsilon: number): string {
  const levels = epsilon * 255;
  return Math.abs(levels - Math.round(levels)) < 1e-6 ? `${Math.round(levels)}/255` : epsilon.toPrecision(3);
}

/** `pgd` of `pgd {"steps":…}`. */
function attackName(attack: string | undefined): string {
  return attack?.split(' ')[0] ?? 'unknown attack';
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
