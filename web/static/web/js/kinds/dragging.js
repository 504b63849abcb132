/* Drags a row of a list with mouse, pen or touch, and scrolls the page near its edges. */

// How far from the edge scrolling begins, and how fast it gets.
const EDGE_PX = 56;
const FASTEST_PX = 14;
const SLOWNESS = 6;
// A row that is grabbed near an edge does not scroll the page before it is moved towards it.
const INTENT_PX = 8;

/**
 * Drags `row` until the pointer is let go. The row has to be within a positioned element with all
 * places where it can be.
 * @param {HTMLElement} row
 * @param {PointerEvent} start
 * @param {{place: (y: number) => void, end: (isCancelled: boolean) => void}} actions
 *   `place` moves the row in the document to where its middle is, `y` from the top of the window;
 *   `end` is called once
 */
export function drag(row, start, { place, end }) {
  const origin = /** @type {HTMLElement} */ (row.offsetParent);
  const topOf = () => origin.getBoundingClientRect().top + origin.clientTop + row.offsetTop;
  // Where it is seen: it may glide yet.
  const grabbedAtPx = start.clientY - row.getBoundingClientRect().top;
  for (const animation of row.getAnimations()) animation.cancel();
  const ending = new AbortController();
  let y = start.clientY;
  let frame = 0;

  const follow = () => {
    place(y - grabbedAtPx + row.offsetHeight / 2);
    row.style.transform = `translateY(${y - grabbedAtPx - topOf()}px)`;
  };
  const scroll = () => {
    if (scrollNear(y, start.clientY)) follow();
    frame = requestAnimationFrame(scroll);
  };
  const stop = (/** @type {boolean} */ isCancelled) => {
    ending.abort();
    cancelAnimationFrame(frame);
    row.classList.remove("is-dragged");
    row.style.transform = "";
    end(isCancelled);
  };
  const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ listener) => {
    const mine = (/** @type {any} */ event) => (event.pointerId ?? start.pointerId) === start.pointerId && listener(event);
    addEventListener(type, mine, { signal: ending.signal });
  };

  row.classList.add("is-dragged");
  on("pointermove", ({ clientY }) => {
    y = clientY;
    follow();
  });
  on("pointerup", () => stop(false));
  on("pointercancel", () => stop(true));
  on("keydown", ({ key }) => key === "Escape" && stop(true));
  frame = requestAnimationFrame(scroll);
}

/**
 * Returns how many of the other rows have their middle above `y`: the index of `row` there. Ignores
 * where rows are while they glide.
 * @param {Iterable<HTMLElement>} rows with the same positioned ancestor
 * @param {HTMLElement} row
 * @param {number} y from the top of the window
 */
export function indexAt(rows, row, y) {
  const origin = /** @type {HTMLElement} */ (row.offsetParent);
  const top = origin.getBoundingClientRect().top + origin.clientTop;
  const others = Array.from(rows).filter((each) => each !== row);
  return others.filter((each) => top + each.offsetTop + each.offsetHeight / 2 < y).length;
}

/**
 * Scrolls the page if the pointer is near an edge; faster nearer to it.
 * @param {number} y
 * @param {number} startY
 * @returns {boolean} whether it scrolled
 */
function scrollNear(y, startY) {
  const style = getComputedStyle(document.documentElement);
  const inset = (/** @type {string} */ padding) => Number.parseFloat(padding) || 0;
  const above = inset(style.scrollPaddingTop) + EDGE_PX - y;
  const below = y - (innerHeight - inset(style.scrollPaddingBottom) - EDGE_PX);
  const speed = (/** @type {number} */ depth) => Math.min(FASTEST_PX, Math.ceil(depth / SLOWNESS));
  const isUp = above > 0 && y < startY - INTENT_PX;
  if (!isUp && !(below > 0 && y > startY + INTENT_PX)) return false;
  scrollBy({ top: isUp ? -speed(above) : speed(below), behavior: "instant" });
  return true;
}
