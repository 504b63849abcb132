/* Finds the parts of what the server rendered. */

/**
 * Returns the element for `selector` within `root`, which must exist.
 * @param {Element} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function part(root, selector) {
  return /** @type {HTMLElement} */ (root.querySelector(selector));
}
