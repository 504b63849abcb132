/* Shortens options that begin alike to the parts that tell them apart. */

// How much of what stands before a parting is kept, so that it can be read in its context.
const CONTEXT_CHARS = 12;
const ELLIPSIS = "…";

/**
 * For each text, the words at which it parts from some other text, the rest of it after the last of
 * them, and an ellipsis for what stands before and between. Two texts that differ stay different:
 * they part at some word, which both keep. Where a shortened text would not be unique or not be
 * shorter, the text stays as it is.
 *
 * Takes time in the square of the number of texts.
 * @param {string[]} texts
 * @returns {string[]}
 */
export function distinguishing(texts) {
  const words = texts.map(wordsOf);
  const shortened = words.map((own, index) => shorten(own, partings(own, words, index)));
  const uses = new Map();
  for (const each of shortened) uses.set(each, (uses.get(each) ?? 0) + 1);
  return texts.map((text, index) => {
    const short = shortened[index];
    return uses.get(short) === 1 && short.length < text.length ? short : text;
  });
}

/**
 * Words, and what stands between them.
 * @param {string} text
 * @returns {string[]}
 */
function wordsOf(text) {
  if (!Intl.Segmenter) return text.split(/(\s+)/);
  return Array.from(new Intl.Segmenter(undefined, { granularity: "word" }).segment(text), ({ segment }) => segment);
}

/**
 * How many words a text has in common with the others before they part, in order.
 * @param {string[]} own
 * @param {string[][]} all
 * @param {number} index of `own` in `all`
 */
function partings(own, all, index) {
  const found = new Set(all.filter((_, other) => other !== index).map((other) => commonWords(own, other)));
  return [...found].sort((one, other) => one - other);
}

/**
 * @param {string[]} one
 * @param {string[]} other
 */
function commonWords(one, other) {
  let count = 0;
  while (count < one.length && one[count] === other[count]) count += 1;
  return count;
}

/**
 * @param {string[]} words
 * @param {number[]} places where they part from others
 */
function shorten(words, places) {
  // The only text is shown as a whole.
  const last = places[places.length - 1] ?? 0;
  let short = "";
  let next = 0;
  for (const place of places.length ? places : [0]) {
    // A text that another one continues parts at its end: its last word stands for it.
    const start = Math.min(place, words.length - 1);
    short += context(words.slice(next, start));
    next = Math.max(next, place === last ? words.length : start + 1);
    short += words.slice(start, next).join("");
  }
  return short.trim();
}

/**
 * The last of these words, after an ellipsis for the others.
 * @param {string[]} words
 */
function context(words) {
  let kept = words.length;
  let size = 0;
  while (kept > 0 && size + words[kept - 1].length <= CONTEXT_CHARS) {
    kept -= 1;
    size += words[kept].length;
  }
  const rest = words.slice(kept).join("");
  return kept > 0 ? `${ELLIPSIS}${rest.startsWith(" ") ? "" : " "}${rest}` : rest;
}
