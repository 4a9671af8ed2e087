/** @file Sanity checks that look at how results behave, on outcomes that are masked or ended early, and on sound ones. */
import assert from 'node:assert/strict';
import { blackBoxWins, flatCurve, stillFinding } from '@robenc/audit/flags/dynamics.js';
import { classOrder } from '@robenc/audit/flags/class-order.js';
import { oneStepWins, survivesAnything } from '@robenc/audit/flags/probe.js';
import type { Evidence } from '@robenc/audit/flags/flag.js';
import { proportion } from '@robenc/shared/evaluation/intervals.js';

const IMAGES = 200;

interface Stage {
  attack: string;
  epsilon?: number;
  broken: number;
  steps?: number;
  /** Points looked at when each broken image was met. */
  queries?: number[];
}

/** What an audit of 200 images would know after these stages. */
function evidence(stages: readonly Stage[], robust: readonly (readonly [epsilon: number, correct: number])[] = []): Evidence {
  const samples = stages.flatMap(({ epsilon = 0.03, queries = [] }, stage) =>
    queries.map((query) => ({ at: [{ epsilon, foundAt: epsilon, stage, target: null, query, broken: true }] })),
  );
  while (samples.length < IMAGES) samples.push({ at: [] });
  return {
    classes: 10,
    probe: null,
    plan: { feeds: { kind: 'none' } },
    outcome: {
      clean: proportion(190, IMAGES),
      samples,
      stages: stages.map(({ attack, epsilon = 0.03, broken, steps }) => ({ attack, epsilon, broken, attacked: IMAGES, options: { steps } })),
      results: robust.map(([epsilon, correct]) => ({ epsilon, robust: proportion(correct, IMAGES) })),
    },
  } as unknown as Evidence;
}

describe('sanity checks of how results behave', () => {
  it('black-box-wins: Square broke what attacks with gradients had not, and not just one image', () => {
    const after = (broken: number) =>
      blackBoxWins.look(
        evidence([
          { attack: 'apgd', broken: 20 },
          { attack: 'square', broken },
        ]),
      );
    assert.match(after(12)!.message, /broke 12 images \(6\.0 %\)/);
    assert.equal(after(1), null);
    assert.equal(blackBoxWins.look(evidence([{ attack: 'square', broken: 50 }])), null, 'alone it proves nothing of the sort');
    const other = evidence([
      { attack: 'apgd', epsilon: 0.01, broken: 5 },
      { attack: 'square', epsilon: 0.02, broken: 50 },
    ]);
    assert.equal(blackBoxWins.look(other), null, 'no attack with gradients went before it at this radius');
  });

  it('class-order: classes that are taken for each other around a ring, and not ones that are merely hard', () => {
    const look = (images: number, ...takenFor: number[]) => {
      const samples = takenFor.flatMap((cleanPrediction, label) => Array.from({ length: images }, () => ({ label, cleanPrediction })));
      const classOf = new Map(takenFor.map((_, logit) => [logit, 'abcd'[logit]!]));
      return classOrder.look({ outcome: { samples }, classOf, plan: { feeds: { kind: 'none' } } } as unknown as Evidence);
    };
    assert.match(look(5, 1, 0, 2, 3)!.message, /^Most images of a are taken for b, of b are taken for a: /);
    assert.match(
      look(5, 1, 2, 0, 2)!.message,
      /^Most images of a are taken for b, of b are taken for c, of c are taken for a: /,
      'd is hard, and no part of the ring',
    );
    assert.equal(look(5, 1, 2, 3, 3), null, 'a chain that leads nowhere back');
    assert.equal(look(5, 0, 1, 2, 3), null);
    assert.equal(look(4, 1, 0, 2, 3), null, 'too few images of each');
  });

  it('flat-curve: twice the radius and no image more, unless nothing is left or nothing above chance', () => {
    const stagesOf = (robust: [number, number][]) => robust.map(([epsilon]) => ({ attack: 'pgd', epsilon, broken: 0 }));
    const curve = (...robust: [number, number][]) => flatCurve.look(evidence(stagesOf(robust), robust));
    assert.match(curve([0.01, 120], [0.03, 120])!.message, /60\.0 % at 0\.0300 as at 0\.0100/);
    assert.equal(curve([0.01, 120], [0.03, 119]), null);
    assert.equal(curve([0.01, 120], [0.015, 120]), null);
    assert.equal(curve([0.01, 0], [0.03, 0]), null);
    assert.equal(curve([0, 120], [0.03, 120]), null);
    assert.equal(curve([0.03, 120]), null);
    const ended: [number, number][] = [
      [0.01, 120],
      [0.03, 120],
    ];
    assert.equal(flatCurve.look(evidence(stagesOf(ended).slice(0, 1), ended)), null, 'the larger radius was never attacked');
  });

  it('survives-anything and one-step-wins: what attacks on a few images say about the audit', () => {
    const probe = (unbounded: number, oneStepOnly = 0, manyStepsOnly = 0) =>
      ({ ...evidence([]), probe: { images: 60, unbounded, oneStepOnly, manyStepsOnly } }) as Evidence;
    assert.match(survivesAnything.look(probe(30))!.message, /50\.0 % of 60 images still stand.*10\.0 % of chance/);
    assert.equal(survivesAnything.look(probe(8)), null, 'as many as chance may leave');
    assert.match(oneStepWins.look(probe(0, 5, 4))!.message, /one step \(FGSM\) broke 5 .* PGD 4/);
    assert.equal(oneStepWins.look(probe(0, 5, 5)), null);
    assert.equal(oneStepWins.look(probe(0, 1, 0)), null, 'one image is no sign');
    assert.deepEqual([survivesAnything.look(evidence([])), oneStepWins.look(evidence([]))], [null, null]);
  });

  it('still-finding: many images were broken only in the last steps', () => {
    const late = Array.from({ length: 30 }, () => 20);
    const early = Array.from({ length: 60 }, (_, i) => 1 + (i % 15));
    const look = (queries: number[], steps?: number) =>
      stillFinding.look(evidence([{ attack: 'pgd', broken: queries.length, queries, ...(steps === undefined ? {} : { steps }) }]));
    assert.match(look([...late, ...early], 20)!.message, /pgd at 0\.0300 broke 30 of 200 images only in the last tenth of its 20 steps/);
    assert.equal(look(early, 20), null);
    assert.equal(look([...late.slice(0, 15), ...early], 20), null);
    assert.equal(look([...late, ...early]), null);
  });
});
