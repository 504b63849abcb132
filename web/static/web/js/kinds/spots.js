/* Marks over a picture. Places are parts of its width and height, from the top left corner, in
   either direction of writing. */

/** @typedef {{x: number, y: number}} Place */

// As exact as the server keeps them.
const EXACTNESS = 10_000;

/** @param {number} part */
export function bounded(part) {
  return Math.round(Math.min(1, Math.max(0, part)) * EXACTNESS) / EXACTNESS;
}

/**
 * Returns the place of a pointer.
 * @param {MouseEvent} event
 * @param {HTMLElement} frame
 * @returns {Place}
 */
export function placeOf({ clientX, clientY }, frame) {
  const { left, top, width, height } = frame.getBoundingClientRect();
  return { x: bounded((clientX - left) / width), y: bounded((clientY - top) / height) };
}

/**
 * @param {HTMLElement} mark
 * @param {Place} place
 */
export function putAt(mark, { x, y }) {
  mark.style.left = `${x * 100}%`;
  mark.style.top = `${y * 100}%`;
}

/**
 * Tells styles the shape of the picture, by which they size the frame and what is below it.
 * @param {HTMLElement} frame
 */
export function shape(frame) {
  const picture = /** @type {HTMLImageElement | null} */ (frame.querySelector("img"));
  const ratio = picture ? Number(picture.getAttribute("width")) / Number(picture.getAttribute("height")) : 16 / 9;
  frame.parentElement?.style.setProperty("--ratio", String(ratio));
}
