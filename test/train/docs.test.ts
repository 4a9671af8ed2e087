/** @file docs/training.md names every encoder, loss, adversary, optimizer and schedule that a run file can, with its options. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { adversaries } from '@robenc/train/adversaries/index.js';
import { viewSamplers } from '@robenc/train/crops/index.js';
import { encoders } from '@robenc/train/encoders/index.js';
import { engines } from '@robenc/train/engines/index.js';
import { losses } from '@robenc/train/losses/index.js';
import { optimizers } from '@robenc/train/optimizers/index.js';
import { schedules } from '@robenc/train/schedules/index.js';

const text = readFileSync(new URL('../../docs/training.md', import.meta.url), 'utf8');

/** What stands under a heading, up to the next one. */
function section(heading: string): string {
  const found = text.split(`\n### ${heading}\n`)[1]?.split(/\n##+ /)[0];
  assert.ok(found !== undefined, `docs/training.md has no section "${heading}".`);
  return found;
}

/** The row of a table that begins with `name`. */
function row(where: string, name: string): string {
  const found = where.split('\n').find((line) => new RegExp(`^\\| \`${name.replaceAll('.', '\\.')}\` +\\|`).test(line));
  assert.ok(found !== undefined, `docs/training.md has no row for \`${name}\`: add it by hand.`);
  return found;
}

function assertNames(place: string, what: string, names: readonly string[]): void {
  const missing = names.filter((name) => !place.includes(`\`${name}\``));
  assert.deepEqual(missing, [], `docs/training.md, ${what}`);
}

const optionsOf = ({ config }: { readonly config: object }): string[] => Object.keys((config as { properties: object }).properties);

describe('docs/training.md', () => {
  for (const loss of losses.entries)
    it(`has a row for the loss ${loss.name} with all its options`, () => assertNames(row(section('Losses'), loss.name), loss.name, optionsOf(loss)));

  for (const { kind, entries } of [adversaries, optimizers, schedules])
    for (const entry of entries.filter((one) => optionsOf(one).length > 0))
      it(`has a row for the ${kind} ${entry.name} with all its options`, () =>
        assertNames(row(section('Adversaries, optimizers, schedules'), entry.name), entry.name, optionsOf(entry)));

  it('names all adversaries, optimizers, schedules, engines and schemes of views where it explains their field', () => {
    for (const [field, { names }] of Object.entries({
      'adversary.name': adversaries,
      'optimizer.name': optimizers,
      'schedule.name': schedules,
      'engine.name': engines,
      'views.scheme': viewSamplers,
    }))
      assertNames(row(text, field), field, names);
  });

  for (const encoder of encoders.entries)
    it(`names the encoder ${encoder.name} and all its options`, () =>
      assertNames(section(encoder.foreign ? 'Starting from an ONNX file' : 'Encoders'), encoder.name, [encoder.name, ...optionsOf(encoder)]));
});
