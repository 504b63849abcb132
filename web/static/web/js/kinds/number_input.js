/* Numbers as people type them; see web/kinds/number_input.py. */

const MAX_CHARS = 40;
const IGNORED = /[\s'’٬_\u200e\u200f\u061c\u2066-\u2069]/g;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;
const GROUPED = /^[+-]?\d{1,3}[.,]\d{3}$/;

/**
 * Returns what a text can mean, the likeliest first; empty if it is no number.
 * @param {string} text
 * @param {string} decimalSeparator of the reader's language
 * @returns {number[]}
 */
export function readNumbers(text, decimalSeparator) {
  if (text.length > MAX_CHARS) return [];
  const plain = text.replace(IGNORED, "").replace(/[−–]/g, "-").replace(/\p{Decimal_Number}/gu, latin);
  return readings(plain, decimalSeparator).filter((each) => NUMBER.test(each)).map(Number);
}

/**
 * @param {string} text
 * @param {string} decimalSeparator
 * @returns {string[]}
 */
function readings(text, decimalSeparator) {
  const without = text.replace(/[.,]/g, "");
  if (text.includes("٫")) return [without.replace("٫", ".")];
  const separators = text.match(/[.,]/g) ?? [];
  const last = separators.at(-1);
  if (new Set(separators).size > 1) {
    // The last one separates decimals.
    return [text.replaceAll(last === "." ? "," : ".", "").replace(",", ".")];
  }
  if (separators.length > 1) return [without];
  const decimal = text.replace(",", ".");
  if (!GROUPED.test(text)) return [decimal];
  return last === decimalSeparator ? [decimal, without] : [without, decimal];
}

/**
 * Returns the Latin digit: the digits of a script follow each other, from its zero.
 * @param {string} digit
 */
function latin(digit) {
  let value = 0;
  const code = /** @type {number} */ (digit.codePointAt(0));
  // The only zeros that follow other digits are those of mathematical alphabets.
  if (code >= 0x1d7ce && code <= 0x1d7ff) return String((code - 0x1d7ce) % 10);
  while (value < 9 && /\p{Decimal_Number}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
  return String(value);
}
