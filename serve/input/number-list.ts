/** @file Reads a list of JSON numbers from bytes into float32. */

/** Gives memory of at least so many bytes. */
export type TakeMemory = (bytes: number) => ArrayBuffer;

export interface NumberList {
  readonly count: number;
  /** Position after the closing bracket. */
  readonly end: number;
  /** Whether all are whole numbers from 0 to 255. */
  readonly levels: boolean;
  /** Copies the numbers into memory that `take` gives; to be done before the next list is read. */
  readonly copy: (take: TakeMemory) => Float32Array;
}

/** So many digits make a whole number that a double holds exactly, and so does the one after it. */
const DIGITS = 15;
/** So many fit an integer of 32 bits. */
const HALF = 8;
/** Characters of a short number: its digits fit an integer of 32 bits. */
const SHORT = 9;
/** After one that was not short, so many are not taken for short: they come in kinds. */
const PASSED_OVER = 16;
const POWERS = Float64Array.from({ length: DIGITS + 1 }, (_, exponent) => Number(`1e${exponent}`));
/** Numbers for which memory is kept from one list to the next. */
const KEPT = 2 ** 20;

const codeOf = (character: string) => character.charCodeAt(0);
const [CLOSE, COMMA, PLUS, MINUS, DOT, ZERO] = [codeOf(']'), codeOf(','), codeOf('+'), codeOf('-'), codeOf('.'), codeOf('0')];
const [UPPER_E, LOWER_E, SPACE, LINE_FEED, RETURN, TAB] = [codeOf('E'), codeOf('e'), codeOf(' '), codeOf('\n'), codeOf('\r'), codeOf('\t')];

let scratch = new Float32Array(4_096);

/** Numbers separated by commas up to the closing bracket; null for anything else. It never reads past a byte that belongs to no list. */
export function readNumbers(body: Buffer, start: number): NumberList | null {
  let at = start;
  let count = 0;
  let levels = true;
  let longOnes = 0;
  for (;;) {
    // Nearly all numbers are short ones with a comma behind them.
    let whole = body[at]! - ZERO;
    let end = at + 1;
    const stop = at + SHORT;
    if (longOnes > 0) longOnes--;
    else if (isDigit(whole)) {
      let digit = body[end]! - ZERO;
      let point = 0;
      const plain = whole !== 0 || !isDigit(digit);
      for (; isDigit(digit) && end < stop; digit = body[++end]! - ZERO) whole = (whole * 10 + digit) | 0;
      if (digit === DOT - ZERO) {
        point = end;
        for (digit = body[++end]! - ZERO; isDigit(digit) && end < stop; digit = body[++end]! - ZERO) whole = (whole * 10 + digit) | 0;
      }
      const decimals = point === 0 ? 0 : end - point - 1;
      if (digit === COMMA - ZERO && plain && (point === 0 || decimals > 0)) {
        if (count === scratch.length) grow();
        scratch[count++] = whole / POWERS[decimals]!;
        if (decimals > 0 || whole > 255) levels = false;
        at = end + 1;
        continue;
      }
      longOnes = PASSED_OVER;
    }
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
      if (body[at] === CLOSE) return { count, end: at + 1, levels, copy: (take) => copied(count, take) };
      if (body[at] !== COMMA) return null;
    }
    at++;
  }
}

/** Of a byte less 48, the code of "0". */
export function isDigit(digit: number): boolean {
  return digit >= 0 && digit <= 9;
}

/** The first place from `start` on that is no white space of JSON. */
export function skipSpace(body: Buffer, start: number): number {
  let at = start;
  while (isSpace(body[at])) at++;
  return at;
}

/** White space of JSON. */
export function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === TAB;
}

function grow(): void {
  const larger = new Float32Array(2 * scratch.length);
  larger.set(scratch);
  scratch = larger;
}

function copied(count: number, take: TakeMemory): Float32Array {
  const numbers = new Float32Array(take(count * Float32Array.BYTES_PER_ELEMENT), 0, count);
  numbers.set(scratch.subarray(0, count));
  if (scratch.length > KEPT) scratch = new Float32Array(KEPT);
  return numbers;
}
