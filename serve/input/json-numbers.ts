/** @file Cuts the long list of numbers out of a JSON body: images as decimal numbers are read in a third of the time that JSON.parse and a walk over its values take. */

export interface CutNumbers {
  /** The body with `[]` in the place of the list. */
  readonly rest: Buffer;
  /** Exactly what JSON.parse and then rounding to float32 would give. */
  readonly numbers: Float32Array;
  /** Whether all are whole numbers from 0 to 255. */
  readonly levels: boolean;
}

/** Shorter lists, such as shapes, stay where they are. */
const LONG = 64;
/** So many digits make a whole number that a double holds exactly, and so does the one after it. */
const DIGITS = 15;
/** So many fit an integer of 32 bits. */
const HALF = 8;
const POWERS = Float64Array.from({ length: DIGITS + 1 }, (_, exponent) => Number(`1e${exponent}`));
/** Numbers for which memory is kept from one body to the next. */
const KEPT = 2 ** 20;

const codeOf = (character: string) => character.charCodeAt(0);
const [QUOTE, BACKSLASH, OPEN, CLOSE, COMMA, BRACE] = [codeOf('"'), codeOf('\\'), codeOf('['), codeOf(']'), codeOf(','), codeOf('}')];
const [PLUS, MINUS, DOT, ZERO, UPPER_E, LOWER_E] = [codeOf('+'), codeOf('-'), codeOf('.'), codeOf('0'), codeOf('E'), codeOf('e')];
const [SPACE, LINE_FEED, RETURN, TAB] = [codeOf(' '), codeOf('\n'), codeOf('\r'), codeOf('\t')];
const EMPTY_LIST = Buffer.from('[]');

let scratch = new Float32Array(4_096);

/**
 * Null for a body without such a list or with anything that is not plain (a second long list, an empty one, escapes in text, what is no JSON): it is for JSON.parse then.
 * What is left may be wrong JSON all the same.
 */
export function cutNumbers(body: Buffer): CutNumbers | null {
  let cut: CutNumbers | null = null;
  let end = body.length;
  while (isSpace(body[end - 1])) end--;
  if (body[end - 1] !== BRACE) return null;
  for (let at = 0; at < end; at++) {
    if (body[at] === QUOTE) {
      at = body.indexOf(QUOTE, at + 1);
      if (at < 0 || at >= end || body[at - 1] === BACKSLASH) return null;
    } else if (body[at] === OPEN) {
      const next = body[skipSpace(body, at + 1)]!;
      if (next === CLOSE) return null;
      if (next !== MINUS && !isDigit(next - ZERO)) continue;
      const list = readList(body, at + 1);
      if (list === null) return null;
      if (list.count >= LONG) {
        if (cut !== null) return null;
        const rest = Buffer.concat([body.subarray(0, at), EMPTY_LIST, body.subarray(list.end)]);
        cut = { rest, numbers: scratch.slice(0, list.count), levels: list.levels };
        if (scratch.length > KEPT) scratch = new Float32Array(KEPT);
      }
      at = list.end - 1;
    }
  }
  return cut;
}

interface List {
  readonly count: number;
  /** Position after the closing bracket. */
  readonly end: number;
  readonly levels: boolean;
}

/** Numbers separated by commas up to the closing bracket, into `scratch`; null for anything else. It never reads past the brace at the end of the body. */
function readList(body: Buffer, start: number): List | null {
  let at = start;
  let count = 0;
  let levels = true;
  for (;;) {
    at = skipSpace(body, at);
    const first = at;
    const negative = body[at] === MINUS;
    if (negative) at++;
    let digit = body[at]! - ZERO;
    if (!isDigit(digit) || (digit === 0 && isDigit(body[at + 1]! - ZERO))) return null;
    // The first digits in two small whole numbers, whose sums are faster than those of doubles.
    let [high, low, digits] = [0, 0, 0];
    for (; isDigit(digit); digit = body[++at]! - ZERO, digits++) {
      if (digits < HALF) high = (high * 10 + digit) | 0;
      else low = (low * 10 + digit) | 0;
    }
    if (digits > DIGITS) return null;
    const before = digits;
    if (digit === DOT - ZERO) {
      digit = body[++at]! - ZERO;
      if (!isDigit(digit)) return null;
      for (; isDigit(digit); digit = body[++at]! - ZERO, digits++) {
        if (digits < HALF) high = (high * 10 + digit) | 0;
        else if (digits < DIGITS) low = (low * 10 + digit) | 0;
      }
    }
    let value: number;
    if (digit === UPPER_E - ZERO || digit === LOWER_E - ZERO) {
      at++;
      if (body[at] === MINUS || body[at] === PLUS) at++;
      if (!isDigit(body[at]! - ZERO)) return null;
      while (isDigit(body[at]! - ZERO)) at++;
      value = Number(body.toString('latin1', first, at));
      if (!Number.isFinite(value)) return null;
      levels = false;
    } else {
      const kept = digits < DIGITS ? digits : DIGITS;
      const whole = kept <= HALF ? high : high * POWERS[kept - HALF]! + low;
      const divisor = POWERS[kept - before]!;
      value = Math.fround(whole / divisor);
      // The number lies between two that are rounded right; where both give the same, so does it.
      if (digits > DIGITS && Math.fround((whole + 1) / divisor) !== value) return null;
      if (negative || digits > before || whole > 255) levels = false;
      if (negative) value = -value;
    }
    if (count === scratch.length) grow();
    scratch[count++] = value;
    if (body[at] !== COMMA) {
      at = skipSpace(body, at);
      if (body[at] === CLOSE) return { count, end: at + 1, levels };
      if (body[at] !== COMMA) return null;
    }
    at++;
  }
}

function isDigit(digit: number): boolean {
  return digit >= 0 && digit <= 9;
}

function skipSpace(body: Buffer, start: number): number {
  let at = start;
  while (isSpace(body[at])) at++;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === TAB;
}

function grow(): void {
  const larger = new Float32Array(2 * scratch.length);
  larger.set(scratch);
  scratch = larger;
}
