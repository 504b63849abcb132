/* Drag and drop for the rows of a list, by their grips, with mouse, pen or touch. */

/**
 * @param {HTMLElement} list
 * @param {(row: HTMLElement) => void} onMoved called once, when the row is let go elsewhere
 */
export function makeSortable(list, onMoved) {
  list.addEventListener("pointerdown", (event) => {
    const grip = /** @type {HTMLElement} */ (event.target).closest("[data-grip]");
    const row = /** @type {HTMLElement | null} */ (grip?.closest("li"));
    if (!row || event.button !== 0) return;
    event.preventDefault();
    drag(list, row, event, onMoved);
  });
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} row
 * @param {PointerEvent} start
 * @param {(row: HTMLElement) => void} onMoved
 */
function drag(list, row, start, onMoved) {
  const before = [...list.children].indexOf(row);
  let grabbedAtPx = start.clientY;
  row.classList.add("is-dragged");

  const move = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== start.pointerId) return;
    grabbedAtPx += pushPast(row, event.clientY - grabbedAtPx);
    row.style.transform = `translateY(${event.clientY - grabbedAtPx}px)`;
  };
  const end = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== start.pointerId) return;
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    row.classList.remove("is-dragged");
    row.style.transform = "";
    if ([...list.children].indexOf(row) !== before) onMoved(row);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

/**
 * Swaps the row with a neighbour whose middle it has passed.
 * @param {HTMLElement} row
 * @param {number} byPx how far it is dragged from its place
 * @returns {number} how far its place has moved
 */
function pushPast(row, byPx) {
  const neighbour = /** @type {HTMLElement | null} */ (
    byPx < 0 ? row.previousElementSibling : row.nextElementSibling
  );
  if (!neighbour || Math.abs(byPx) < neighbour.offsetHeight / 2) return 0;
  const top = row.offsetTop;
  if (byPx < 0) neighbour.before(row);
  else neighbour.after(row);
  return row.offsetTop - top;
}
