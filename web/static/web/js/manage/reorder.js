/* Drag and drop for the rows of a list, by their grips, with mouse, pen or touch. */

import { drag, indexAt } from "../kinds/dragging.js";
import { glide, placesOf } from "../kinds/gliding.js";

const GLIDE_MS = 180;

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
    const rows = /** @type {HTMLCollectionOf<HTMLElement>} */ (list.children);
    const before = [...rows].indexOf(row);
    const move = (/** @type {number} */ index) => {
      const others = [...rows].filter((each) => each !== row);
      if ([...rows].indexOf(row) === index) return;
      const places = placesOf(others);
      list.insertBefore(row, others[index] ?? null);
      glide(places, GLIDE_MS);
    };
    drag(row, event, {
      place: (y) => move(indexAt(rows, row, y)),
      end: (isCancelled) => {
        if (isCancelled) move(before);
        if ([...rows].indexOf(row) !== before) onMoved(row);
      },
    });
  });
}
