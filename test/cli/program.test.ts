/** @file From command lines to checked options, by the description of a command alone. */
import assert from 'node:assert/strict';
import { defineCommand } from '@robenc/shared/config/command.js';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { RobencError } from '@robenc/shared/errors.js';
import { readCommandLine } from '../../cli/program.js';

const bake = defineCommand({
  name: 'bake',
  summary: 'Bake a cake',
  details: 'In an oven.',
  examples: ['robenc bake recipe.txt --heat 180'],
  arguments: { recipe: { description: 'the recipe' }, extras: { description: 'more', required: false, variadic: true } },
  options: {
    heat: { type: 'number', description: 'degrees', minimum: 50, maximum: 300, required: true },
    layerCount: { type: 'number', integer: true, description: 'layers', default: 2, short: 'l' },
    form: { type: 'string', choices: ['round', 'square'], description: 'form', default: 'round' },
    note: { type: 'string', description: 'note' },
    topping: { type: 'list', description: 'on top' },
    rule: { type: 'list', commas: false, description: 'rule' },
    vegan: { type: 'boolean', description: 'no eggs' },
    timer: { type: 'boolean', default: true, description: 'no timer' },
  },
  async run(options) {
    // The types follow from the description.
    const heat: number = options.heat;
    const form: 'round' | 'square' = options.form;
    const note: string | undefined = options.note;
    return heat + form.length + (note?.length ?? 0) + options.topping.length + options.recipe.length;
  },
});
const parts = { version: '1.2.3', all: [bake, { name: 'serve', summary: 'Serve it' }], loaded: bake };

function read(...argv: string[]): Record<string, unknown> {
  const request = readCommandLine(argv, parts);
  assert.equal(request.kind, 'run');
  return request.kind === 'run' ? readOptions(bake, request.raw) : {};
}

function refusal(...argv: string[]): RobencError {
  try {
    read(...argv);
  } catch (error) {
    assert.ok(error instanceof RobencError, String(error));
    assert.equal(error.code, 'usage');
    return error;
  }
  return assert.fail('it was accepted');
}

describe('command line', () => {
  it('has defaults, and no key for what is absent', () => {
    assert.deepEqual(read('bake', 'r.txt', '--heat', '180'), { heat: 180, layerCount: 2, form: 'round', topping: [], rule: [], vegan: false, timer: true });
  });

  it('reads numbers, lists with commas or repeated, short and negative flags', () => {
    const options = read(
      'bake',
      'r.txt',
      '--heat=99.5',
      '-l',
      '3',
      '--topping',
      'nuts,jam',
      '--topping',
      'cream',
      '--rule',
      'a=[1,2]',
      '--vegan',
      '--no-timer',
    );
    assert.deepEqual(options, { heat: 99.5, layerCount: 3, form: 'round', topping: ['nuts', 'jam', 'cream'], rule: ['a=[1,2]'], vegan: true, timer: false });
  });

  it('a list flag takes one word, so that arguments may follow it', () => {
    const request = readCommandLine(['bake', '--heat', '90', '--topping', 'nuts', 'r.txt', 'x', 'y'], parts);
    assert.ok(request.kind === 'run');
    assert.deepEqual([request.raw['recipe'], request.raw['extras']], ['r.txt', ['x', 'y']]);
  });

  it('a mistyped command or flag is refused with what was probably meant', () => {
    assert.match(refusal('bkae', 'r.txt').message, /Unknown command 'bkae' \(Did you mean bake\?\)/);
    assert.match(refusal('bake', 'r.txt', '--heatt', '3').message, /Unknown option '--heatt' \(Did you mean --heat\?\).*See robenc bake --help/);
  });

  it('a wrong value is refused by flag, with the value and the bounds', () => {
    assert.match(refusal('bake', 'r.txt', '--heat', 'hot').message, /robenc bake: --heat is "hot"; it must be a number/);
    assert.match(refusal('bake', 'r.txt', '--heat', '20').message, /--heat is 20; it must be >= 50/);
    assert.match(refusal('bake', 'r.txt', '--heat', '200', '-l', '1.5').message, /--layer-count is 1.5; it must be a whole number/);
    const form = refusal('bake', 'r.txt', '--heat', '200', '--form', 'squre');
    assert.match(form.message, /--form is "squre"\. Did you mean "square"\?/);
    assert.equal(form.field, '--form');
  });

  it('a missing flag and a missing argument are named', () => {
    assert.equal(refusal('bake', 'r.txt').field, '--heat');
    assert.match(refusal('bake', '--heat', '100').message, /Missing required argument 'recipe'/);
  });

  it('help shows flags, bounds, defaults and examples', () => {
    const request = readCommandLine(['bake', '--help'], parts);
    assert.ok(request.kind === 'text');
    assert.equal(request.exitCode, 0);
    for (const text of [
      'In an oven.',
      '--heat <number>',
      'at least 50',
      'required',
      '--no-timer',
      '-l, --layer-count <number>',
      'robenc bake recipe.txt --heat 180',
    ])
      assert.ok(request.text.includes(text), `${text} is not in\n${request.text}`);
  });

  it('help of the program lists every command; nothing at all is a usage error', () => {
    const help = readCommandLine(['--help'], parts);
    assert.ok(help.kind === 'text' && help.exitCode === 0 && help.text.includes('Serve it'));
    const none = readCommandLine([], parts);
    assert.ok(none.kind === 'text' && none.exitCode === 2);
  });

  it('run gets what the description promises', async () => {
    const context = { json: false, signal: new AbortController().signal, cwd: '.', stdout: () => {}, stderr: () => {}, result: () => {}, progress: () => {} };
    assert.equal(await bake.run({ ...read('bake', 'r', '--heat', '100', '--topping', 'a,b'), recipe: 'r' }, context), 100 + 5 + 2 + 1);
  });
});
