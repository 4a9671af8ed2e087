/** @file Which logit stands for which class folder. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { RobencError } from '../errors.js';

/** The names of --classes, in the order of the logits: given one by one, or as a text file with one name a line. Null when not given. */
export function readClassNames(given: readonly string[]): readonly string[] | null {
  if (given.length === 0) return null;
  const [only] = given;
  if (given.length === 1 && /[./\\]/.test(only!) && !existsSync(only!))
    throw fault(`There is no file ${only}. Give the names of the classes, separated with commas, or a text file with one name a line.`);
  if (given.length > 1 || !statSync(only!, { throwIfNoEntry: false })?.isFile()) return unique(given);
  const lines = readFileSync(only!, 'utf8').split(/\r?\n/);
  return unique(lines.map((line) => line.trim()).filter((line) => line !== ''));
}

/**
 * The logit of each class of the data. With names, by name; without, class i is logit i.
 * Throws `usage` naming --classes when there are more classes than logits, more names than logits, or a class that is not named.
 */
export function mapClasses(dataClasses: readonly string[], names: readonly string[] | null, logits: number): number[] {
  if (names === null) {
    if (dataClasses.length > logits)
      throw fault(
        `The data has ${dataClasses.length} classes (${shortList(dataClasses)}), but the model has ${logits} logits. Name the class of each logit with --classes, or take folders away.`,
      );
    return dataClasses.map((_, index) => index);
  }
  if (names.length > logits)
    throw fault(`--classes names ${names.length} classes, but the model has ${logits} logits. Give at most one name per logit, in their order.`);
  return dataClasses.map((name) => {
    const index = names.indexOf(name);
    if (index < 0)
      throw fault(
        `The data has a class "${name}", and the logits stand for ${shortList(names)}. Name the class of each logit with --classes, or take the folder away.`,
      );
    return index;
  });
}

function unique(names: readonly string[]): readonly string[] {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw fault(`--classes names "${twice}" twice. Give every class once.`);
  return names;
}

function shortList(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')}, … ${names.length} in all` : names.join(', ');
}

function fault(message: string): RobencError {
  return new RobencError('usage', message, { field: 'classes' });
}
