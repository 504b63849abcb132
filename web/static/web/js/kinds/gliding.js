/* Rows that glide from their old to their new places, unless motion is unwanted. */

const GLIDE_MS = 600;
const EASING = "cubic-bezier(0.22, 0.8, 0.3, 1)";

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
      { duration: durationMs, easing: EASING },
    );
  }
}

/**
 * Makes a change, and lets the elements glide from where they were; new ones appear.
 * @param {() => Iterable<HTMLElement>} elements before and after the change
 * @param {() => void} change
 */
export function glideThrough(elements, change) {
  if (isCalm()) return change();
  const before = placesOf(elements());
  change();
  const moved = new Map();
  for (const element of elements()) {
    // Measured where it is going to be.
    for (const animation of element.getAnimations()) animation.cancel();
    const from = before.get(element);
    const isSeen = isInView(element.getBoundingClientRect()) || (from !== undefined && isInView(from));
    if (isSeen && from) moved.set(element, from);
    else if (isSeen) appear(element);
  }
  glide(moved);
}

/** @param {HTMLElement} element */
function appear(element) {
  const from = { opacity: 0, transform: "translateY(-24px) scale(0.96)" };
  element.animate([from, { opacity: 1, transform: "none" }], { duration: GLIDE_MS, easing: EASING });
}

/** @param {DOMRect} place */
function isInView({ top, bottom, left, right }) {
  return bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
}
