/* Finds the parts of what the server rendered. */

import { setText } from "../page.js";

/**
 * Returns the element for `selector` within `root`, which must exist.
 * @param {Element} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function part(root, selector) {
  return /** @type {HTMLElement} */ (root.querySelector(selector));
}

/**
 * @param {HTMLElement} place
 * @param {string} text none hides it
 */
export function show(place, text) {
  place.hidden = text === "";
  setText(place, text);
}
