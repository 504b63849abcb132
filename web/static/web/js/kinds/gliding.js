/* Rows that glide from their old to their new places, unless motion is unwanted. */

const GLIDE_MS = 600;

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether this person wants no motion. */
export function isCalm() {
  return calm.matches;
}

/**
 * Returns where elements are, for `glide` after they were moved.
 * @param {Iterable<HTMLElement>} elements
 */
export function placesOf(elements) {
  return new Map(Array.from(elements, (element) => [element, element.getBoundingClientRect()]));
}

/**
 * Animates each element from its old place.
 * @param {Map<HTMLElement, DOMRect>} places
 * @param {number} [durationMs]
 */
export function glide(places, durationMs = GLIDE_MS) {
  if (isCalm()) return;
  const moves = [];
  for (const [element, before] of places) {
    const now = element.getBoundingClientRect();
    const x = before.x - now.x;
    const y = before.y - now.y;
    if (x || y) moves.push({ element, from: `translate(${x}px, ${y}px)` });
  }
  for (const { element, from } of moves) {
    element.animate(
      [{ transform: from }, { transform: "none" }],
      { duration: durationMs, easing: "cubic-bezier(0.22, 0.8, 0.3, 1)" },
    );
  }
}
