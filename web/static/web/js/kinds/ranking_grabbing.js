/* Moves the options of a ranking by their grips: dragged by a pointer, or grabbed with the space bar
   and moved with the arrow keys. */

import { drag, indexAt } from "./dragging.js";
import { moveTo } from "./ranking_list.js";

/** @typedef {import("./ranking_list.js").Row} Row */

export class RankingGrabbing {
  /**
   * @param {HTMLElement} place
   * @param {import("./ranking_list.js").RankingList} list
   * @param {(sentence: string) => void} announce
   * @param {() => void} onMoved
   */
  constructor(place, list, announce, onMoved) {
    this._list = list;
    this._announce = announce;
    this._onMoved = onMoved;
    /** @type {{row: Row, before: Row[]} | null} */
    this._grabbed = null;
    place.addEventListener("pointerdown", (event) => this._pointed(event));
    place.addEventListener("click", (event) => this._clicked(event));
    place.addEventListener("keydown", (event) => this._pressed(event));
    place.addEventListener("focusout", () => this._left());
  }

  /** Drops what is grabbed where it is. */
  drop() {
    const row = this._letGo();
    if (row) this._announce(this._list.say("dropped", row));
  }

  /** @param {PointerEvent} event */
  _pointed(event) {
    const row = this._list.rowOf(gripOf(event));
    if (!row || event.button !== 0 || row.closest("fieldset:disabled")) return;
    event.preventDefault();
    this.drop();
    const before = this._list.ranked;
    drag(row, event, {
      place: (y) => this._arrange(before, row, y < this._list.restTop ? indexAt(before, row, y) : null, row),
      end: (isCancelled) => {
        if (isCancelled) this._list.arrange(before);
        this._onMoved();
        if (this._list.ranked.indexOf(row) !== before.indexOf(row)) this._announce(this._list.say("dropped", row));
      },
    });
  }

  /**
   * Presses of keys, and of assistive technology, are clicks without a pointer.
   * @param {MouseEvent} event
   */
  _clicked(event) {
    const row = this._list.rowOf(gripOf(event));
    if (!row || event.detail !== 0) return;
    if (this._grabbed?.row === row) return this.drop();
    this.drop();
    this._grabbed = { row, before: this._list.ranked };
    this._mark(row, true);
    this._announce(this._list.say("grabbed", row));
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    if (!this._grabbed || event.altKey || event.ctrlKey || event.metaKey) return;
    const { row, before } = this._grabbed;
    if (event.key === "Escape") this._cancel(row, before);
    else {
      const index = indexFor(event.key, this._list.rankOf(row) - 1, this._list.ranked.length);
      if (index === undefined) return;
      this._arrange(before, row, index);
      row.scrollIntoView({ block: "nearest" });
      this._announce(this._list.say("moved", row));
    }
    event.preventDefault();
  }

  /**
   * @param {Row} row
   * @param {Row[]} before
   */
  _cancel(row, before) {
    this._letGo();
    this._list.arrange(before);
    this._onMoved();
    this._announce(this._list.say("cancelled", row));
  }

  /** Drops what is grabbed if its grip has lost the focus. */
  _left() {
    // While it is moved in the document, it is blurred and gets the focus back.
    setTimeout(() => {
      const grip = this._grabbed?.row.querySelector("[data-grip]");
      if (grip && grip !== document.activeElement) this.drop();
    });
  }

  /**
   * @param {Row[]} before
   * @param {Row} row
   * @param {number | null} index
   * @param {Row} [dragged]
   */
  _arrange(before, row, index, dragged) {
    this._list.arrange(moveTo(before, row, index, this._list.limit), dragged);
    this._onMoved();
  }

  /** @returns {Row | undefined} what was grabbed */
  _letGo() {
    const row = this._grabbed?.row;
    this._grabbed = null;
    if (row) this._mark(row, false);
    return row;
  }

  /**
   * @param {Row} row
   * @param {boolean} isGrabbed
   */
  _mark(row, isGrabbed) {
    row.classList.toggle("is-grabbed", isGrabbed);
    row.querySelector("[data-grip]")?.setAttribute("aria-pressed", String(isGrabbed));
  }
}

/** @param {Event} event */
const gripOf = ({ target }) => (target instanceof Element ? target.closest("[data-grip]") : null);

/**
 * Returns the index to which a key moves an option; null: it is not ranked any more.
 * @param {string} key
 * @param {number} index now; -1 if it is not ranked
 * @param {number} count of ranked options
 * @returns {number | null | undefined} undefined for other keys
 */
function indexFor(key, index, count) {
  const isRanked = index >= 0;
  switch (key) {
    case "ArrowUp":
      return isRanked ? Math.max(0, index - 1) : count;
    case "ArrowDown":
      return isRanked && index < count - 1 ? index + 1 : null;
    case "Home":
      return 0;
    case "End":
      return isRanked ? count - 1 : count;
    default:
      return undefined;
  }
}
