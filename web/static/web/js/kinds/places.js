/* The places of options with a limit, in the ballot. */

import { fill, formatCount, setText } from "../page.js";

/** @type {Intl.PluralRules | undefined} slow to make */
let plurals;

/**
 * Shows how many places an option has left. Nobody can take one that is full, except who has it.
 * @param {Element} row of the option in the ballot, with the input that takes a place as `[data-takes]`
 * @param {number | null} limit
 * @param {number | null} taken null while the results are hidden
 * @param {boolean} isYours
 * @param {Record<string, any>} texts
 */
export function drawPlaces(row, limit, taken, isYours, texts) {
  const words = row.querySelector("[data-places]");
  const left = limit === null || taken === null ? null : Math.max(0, limit - taken);
  if (words) setText(words, left === null ? "" : placesText(left, texts));
  const input = /** @type {HTMLInputElement | null} */ (row.querySelector("[data-takes]"));
  if (input) input.disabled = left === 0 && !isYours && !input.checked;
}

/**
 * @param {number} left
 * @param {Record<string, any>} texts
 */
function placesText(left, texts) {
  if (left === 0) return texts.full;
  plurals ??= new Intl.PluralRules(document.documentElement.lang || "en");
  return fill(texts.placesLeft[plurals.select(left)], { count: formatCount(left) });
}
