/* The length of a text, as people and as the server count it. */

/** @type {Intl.Segmenter | null | undefined} slow to make; null in old browsers */
let segmenter;

/**
 * Returns how many characters people see: an emoji or a letter with its marks is one.
 * @param {string} text
 */
export function charactersOf(text) {
  if (segmenter === undefined) segmenter = "Segmenter" in Intl ? new Intl.Segmenter() : null;
  return segmenter ? [...segmenter.segment(text)].length : [...text].length;
}

/**
 * Whether the server would refuse the text as too long: it counts code points, so that a character
 * cannot have any number of marks.
 * @param {string} text
 * @param {number} max
 */
export function isTooLong(text, max) {
  return [...text.normalize("NFC").trim()].length > max;
}
