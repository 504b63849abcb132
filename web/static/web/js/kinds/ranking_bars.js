/* The bars of a ranking: points, first preferences, or a round of an instant runoff. Best first; rows
   glide when they change places. */

import { barLength, Bars } from "../bars.js";
import { setText } from "../page.js";
import { shortLabels } from "../present/labels.js";
import { glide, placesOf } from "./gliding.js";

/** @typedef {{id: string, text: string, place: number, share: number, gain: number, value: string,
 *    detail: string, base: string, mark: string, isOut: boolean}} Item
 *    a bar of `share` percent, of which the last `gain` percent are new; `place` is 0 without one */

// Bars that change places all the time are unreadable.
const SORTED_EVERY_MS = 1_500;
// From here on the stage has large and small bars; see present.css.
const MANY = 17;
const SVG = "http://www.w3.org/2000/svg";

export class RankingBars extends Bars {
  /** @param {HTMLElement} list */
  constructor(list) {
    super(list);
    /** @type {Item[]} */
    this._items = [];
    /** @type {Map<string, string>} */
    this._shortLabels = new Map();
    this._order = Array.from(this._rows.keys());
    this._sortedAt = -Infinity;
    this._timer = 0;
  }

  /** The order that is shown. */
  get layout() {
    return this._order.join();
  }

  /**
   * Shows options in full, or shortened to their differences.
   * @param {boolean} areShort
   */
  shortenLabels(areShort) {
    this._shortLabels = shortLabels(areShort ? this._items : []);
    if (this._results) this._draw();
  }

  /**
   * @param {Item[]} items in the order in which to show them
   * @param {{isAtOnce: boolean, hasThreshold: boolean, isDecided: boolean}} look unless `isAtOnce`,
   *   the order changes at intervals; a threshold is a line at half of the length
   */
  draw(items, { isAtOnce, hasThreshold, isDecided }) {
    clearTimeout(this._timer);
    const waitMs = this._sortedAt + SORTED_EVERY_MS - performance.now();
    this._items = isAtOnce || waitMs <= 0 ? items : inOrder(items, this._order);
    const ids = this._items.map(({ id }) => id);
    if (ids.join() !== this.layout) this._sortedAt = performance.now();
    if (this._items !== items && this._items.some(({ id }, index) => id !== items[index].id)) {
      this._timer = setTimeout(() => this.draw(items, { isAtOnce: true, hasThreshold, isDecided }), waitMs);
    }
    const isMoved = ids.join() !== this.layout;
    const places = isMoved && this._rows.size ? placesOf(this._rows.values()) : null;
    this._order = ids;
    this._list.classList.toggle("ranking-threshold", hasThreshold);
    this._list.classList.toggle("bars-decided", isDecided);
    this._list.classList.toggle("bars-ranked", items.length >= MANY);
    this._results = /** @type {any} */ ({ options: this._items });
    this._draw();
    if (places) glide(places);
  }

  end() {
    clearTimeout(this._timer);
  }

  /**
   * @param {HTMLElement} row
   * @param {any} item
   */
  _drawRow(row, item) {
    const { id, text, place, share, gain, value, detail, base, mark, isOut } = /** @type {Item} */ (item);
    const part = (/** @type {string} */ selector) => /** @type {Element} */ (row.querySelector(selector));
    setText(part(".bar-label"), this._shortLabels.get(id) ?? text);
    setText(partOf(row, "ranking-place", "prepend"), place ? String(place) : "");
    setText(part(".bar-percentage"), value);
    setText(part(".bar-count"), detail);
    setText(partOf(row, "ranking-base", "append"), base);
    part(".bar-fill").setAttribute("width", barLength(share));
    const gained = gainOf(row);
    gained.setAttribute("x", barLength(share - gain));
    gained.setAttribute("width", barLength(gain));
    row.classList.toggle("bar-leads", mark !== "");
    row.classList.toggle("ranking-out", isOut);
    showMark(row, mark);
  }
}

/**
 * Returns a part of the row, made when first needed.
 * @param {HTMLElement} row
 * @param {string} className
 * @param {"prepend" | "append"} where in the row's head, or in its value
 */
function partOf(row, className, where) {
  const found = row.querySelector(`.${className}`);
  if (found) return found;
  const part = Object.assign(document.createElement("span"), { className });
  row.querySelector(where === "prepend" ? ".bar-head" : ".bar-value")?.[where](part);
  return part;
}

/** @param {HTMLElement} row */
function gainOf(row) {
  const found = row.querySelector(".ranking-gain");
  if (found) return found;
  const rectangle = document.createElementNS(SVG, "rect");
  rectangle.setAttribute("class", "ranking-gain");
  row.querySelector("svg")?.append(rectangle);
  return rectangle;
}

/**
 * @param {HTMLElement} row
 * @param {string} text none removes it
 */
function showMark(row, text) {
  const mark = row.querySelector(".bar-mark");
  if (!text) return mark?.remove();
  if (mark) return setText(mark, text);
  row.querySelector(".bar-label")?.after(
    Object.assign(document.createElement("span"), { className: "bar-mark", textContent: text }),
  );
}

/**
 * @param {Item[]} items
 * @param {string[]} order ids; others come last
 */
function inOrder(items, order) {
  const rank = new Map(order.map((id, index) => [id, index]));
  return [...items].sort((one, other) => (rank.get(one.id) ?? order.length) - (rank.get(other.id) ?? order.length));
}
