/** @file configs/<data>/ and configs/cpu/<data>/: one run file for each method, adversary, view and data set of arXiv 2501.03507, with its settings. */

const DATA = {
  cifar10: { name: 'cifar10', size: 32 },
  cifar100: { name: 'cifar100', size: 32 },
  imagenet100: { name: 'image-folder', path: 'imagenet100', size: 64 },
};
const LOSSES = { 'emp-ssl': 'emp-ssl', simclr: 'nt-xent', supcon: 'sup-con' };
const ADVERSARIES = ['none', 'pgd', 'free'] as const;
const SCHEMES = ['crops', 'patches'] as const;

type Data = keyof typeof DATA;
type Method = keyof typeof LOSSES;
type Adversary = (typeof ADVERSARIES)[number];

/** Passes over the data: the paper's, and what fits ten minutes on two cores (5,000 images of 32 pixels, 8 or 2 views). */
const EPOCHS: Readonly<Record<'emp' | 'pair', Readonly<Record<'paper' | 'cpu', Readonly<Record<Adversary, number>>>>>> = {
  emp: { paper: { none: 30, pgd: 30, free: 10 }, cpu: { none: 10, pgd: 2, free: 3.5 } },
  pair: { paper: { none: 500, pgd: 500, free: 167 }, cpu: { none: 40, pgd: 8, free: 14 } },
};

/** The text of every run file by its path. */
export function runFiles(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const data of Object.keys(DATA) as Data[])
    for (const method of Object.keys(LOSSES) as Method[])
      for (const adversary of ADVERSARIES)
        for (const scheme of SCHEMES)
          for (const scale of ['paper', 'cpu'] as const) {
            const name = `${method}-${adversary}-${scheme}`;
            const path = `configs/${scale === 'cpu' ? 'cpu/' : ''}${data}/${name}.json`;
            files[path] = `${JSON.stringify(runFile({ data, method, adversary, scheme, scale }), null, 2)}\n`;
          }
  return files;
}

interface Row {
  readonly data: Data;
  readonly method: Method;
  readonly adversary: Adversary;
  readonly scheme: string;
  readonly scale: 'paper' | 'cpu';
}

function runFile({ data, method, adversary, scheme, scale }: Row): object {
  const many = method === 'emp-ssl';
  const cpu = scale === 'cpu';
  const name = [data, method, adversary, scheme, ...(cpu ? ['cpu'] : [])].join('-');
  // The pair losses compare a clean view with a perturbed one; their projection has 128 values in the paper's code.
  const pair = many ? {} : { views: 'last' };
  const move = { epsilon: '8/255', stepSize: 0.01, ...pair };
  const encoder = cpu ? 'resnet-small' : data === 'imagenet100' ? 'resnet18' : 'resnet18-cifar';
  return {
    name,
    seed: 0,
    data: { ...DATA[data], ...(cpu ? { size: 32, limit: 5000 } : {}) },
    encoder: { name: encoder, ...(many ? {} : { projection: 128 }) },
    loss: { name: LOSSES[method], ...(many ? { invarianceWeight: 200, codingRateWeight: 1, codingRateEpsilon: 0.2 } : { temperature: 0.07 }) },
    views: { scheme, count: many ? (cpu ? 8 : 16) : 2 },
    batchSize: many ? 100 : cpu ? 250 : 512,
    epochs: EPOCHS[many ? 'emp' : 'pair'][scale][adversary],
    ...(cpu ? { maxMinutes: 10 } : {}),
    optimizer: { name: 'lars', learningRate: 0.3, momentum: 0.9, nesterov: true, weightDecay: 0.0001, clip: true, excludeBiasAndNorm: true, trust: 0.005 },
    schedule: { name: 'cosine' },
    adversary: adversary === 'none' ? { name: 'none' } : adversary === 'pgd' ? { name: 'pgd', ...move, steps: 5 } : { name: 'free', ...move, replays: 3 },
    out: `runs/${name}`,
  };
}
