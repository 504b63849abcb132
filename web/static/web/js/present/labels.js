/* Shortens options that begin alike to the parts that differ. */

// Characters to keep before a difference, as context.
const CONTEXT_CHARS = 12;
const ELLIPSIS = "…";

/**
 * Keeps, of each text, the words where it begins to differ from some other text and everything after
 * the last of these; an ellipsis replaces the rest. Different texts stay different, since both keep
 * the word where they differ. A text that would not become shorter, or not be unique, is unchanged.
 *
 * Takes quadratic time in the number of texts.
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
 * Returns the shortened text of each option, by its id.
 * @param {{id: string, text: string}[]} options
 * @returns {Map<string, string>}
 */
export function shortLabels(options) {
  const labels = distinguishing(options.map(({ text }) => text));
  return new Map(options.map(({ id }, index) => [id, labels[index]]));
}

/**
 * Returns the name of each option, by its id: longer ones shortened, so that no two look alike where
 * their ends are cut.
 * @param {{id: string, text: string}[]} options
 * @param {number} maxChars
 * @returns {Map<string, string>}
 */
export function namesWithin(options, maxChars) {
  const short = shortLabels(options);
  return new Map(options.map(({ id, text }) => [id, text.length > maxChars ? short.get(id) ?? text : text]));
}

/**
 * Splits a text into words and the separators between them.
 * @param {string} text
 * @returns {string[]}
 */
function wordsOf(text) {
  if (!Intl.Segmenter) return text.split(/(\s+)/);
  return Array.from(new Intl.Segmenter(undefined, { granularity: "word" }).segment(text), ({ segment }) => segment);
}

/**
 * Returns, in ascending order, how many leading words a text shares with the others.
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
  // A single text is shown in full.
  const last = places[places.length - 1] ?? 0;
  let short = "";
  let next = 0;
  for (const place of places.length ? places : [0]) {
    // A text that is the beginning of another one differs at its end: keep its last word.
    const start = Math.min(place, words.length - 1);
    short += context(words.slice(next, start));
    next = Math.max(next, place === last ? words.length : start + 1);
    short += words.slice(start, next).join("");
  }
  return short.trim();
}

/**
 * Returns the last of these words, after an ellipsis for the others.
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
