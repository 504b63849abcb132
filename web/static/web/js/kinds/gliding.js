/* Moves elements smoothly to the places that a change of the page gives them. */

const DURATION_MS = 600;
const EASING = "cubic-bezier(0.22, 0.8, 0.3, 1)";
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Makes a change, and lets the elements glide from where they were; new ones appear.
 * @param {() => Iterable<HTMLElement>} elements before and after the change
 * @param {() => void} change
 */
export function glide(elements, change) {
  if (stillness.matches) return change();
  const before = new Map(Array.from(elements(), (element) => [element, element.getBoundingClientRect()]));
  change();
  for (const element of elements()) {
    // Measured where it is going to be.
    for (const animation of element.getAnimations()) animation.cancel();
    const from = before.get(element);
    const to = element.getBoundingClientRect();
    if (!isInView(to) && !(from && isInView(from))) continue;
    if (from) move(element, from.left - to.left, from.top - to.top);
    else appear(element);
  }
}

/**
 * @param {HTMLElement} element
 * @param {number} x
 * @param {number} y
 */
function move(element, x, y) {
  if (Math.abs(x) < 1 && Math.abs(y) < 1) return;
  element.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], { duration: DURATION_MS, easing: EASING });
}

/** @param {HTMLElement} element */
function appear(element) {
  const from = { opacity: 0, transform: "translateY(-24px) scale(0.96)" };
  element.animate([from, { opacity: 1, transform: "none" }], { duration: DURATION_MS, easing: EASING });
}

/** @param {DOMRect} place */
function isInView({ top, bottom, left, right }) {
  return bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
}
