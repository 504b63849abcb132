/* The two lists of a ranking: the options that are ranked, and the others in the poll's order. */

import { fill } from "../page.js";
import { glide, placesOf } from "./gliding.js";

const GLIDE_MS = 180;

/** @typedef {HTMLElement} Row an option, with its id in `data-option` */

export class RankingList {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts of the kind
   * @param {string[]} optionIds in the poll's order
   */
  constructor(place, texts, optionIds) {
    const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (place.querySelector(selector));
    this._texts = texts;
    this._chosen = part("#ranking-chosen");
    this._rest = part("#ranking-rest");
    this._empty = part("#ranking-empty");
    this._restPart = part(".ranking-part-rest");
    this._clear = part("#ranking-clear");
    const { limit, partial } = part(".ranking").dataset;
    /** How many options can be ranked. */
    this.limit = Number(limit);
    /** Whether fewer can be ranked, too. */
    this.isPartial = partial !== undefined;
    const rows = /** @type {Row[]} */ ([...place.querySelectorAll(".ranking-row")]);
    this._rows = rows.sort((one, other) => optionIds.indexOf(idOf(one)) - optionIds.indexOf(idOf(other)));
    for (const row of this._rows) this._nameButtons(row);
    this._label();
  }

  /** The ranked options, best first. */
  get ranked() {
    return /** @type {Row[]} */ ([...this._chosen.children]);
  }

  get unranked() {
    return /** @type {Row[]} */ ([...this._rest.children]);
  }

  get isFull() {
    return this._chosen.childElementCount >= this.limit;
  }

  /** Where the options begin that are not ranked, from the top of the window. */
  get restTop() {
    return this._restPart.getBoundingClientRect().top;
  }

  /**
   * Returns the row that contains an element.
   * @param {EventTarget | null} target
   * @returns {Row | null}
   */
  rowOf(target) {
    return target instanceof Element ? target.closest(".ranking-row") : null;
  }

  /**
   * Returns the rank of an option; 0 without one.
   * @param {Row} row
   */
  rankOf(row) {
    return this.ranked.indexOf(row) + 1;
  }

  /** @param {string[]} ids of the ranked options, best first */
  rankIds(ids) {
    const rows = new Map(this._rows.map((row) => [idOf(row), row]));
    this.arrange(/** @type {Row[]} */ (ids.map((id) => rows.get(id)).filter(Boolean)));
  }

  /**
   * Makes these the ranked options, best first; keeps the focus.
   * @param {Row[]} ranked
   * @param {Row} [dragged] does not glide
   */
  arrange(ranked, dragged) {
    const { activeElement } = document;
    const places = placesOf(this._rows.filter((row) => row !== dragged));
    const isMoved = [
      fillList(this._chosen, ranked),
      fillList(this._rest, this._rows.filter((row) => !ranked.includes(row))),
    ].includes(true);
    if (!isMoved) return;
    glide(places, GLIDE_MS);
    this._label();
    // An element loses the focus when it is moved in the document.
    if (activeElement instanceof HTMLElement && this.rowOf(activeElement)) activeElement.focus({ preventScroll: true });
  }

  /**
   * Returns the text of an option in a sentence, with its rank if it has one.
   * @param {string} name of the sentence; `<name>Unranked` for an option without a rank
   * @param {Row} row
   */
  say(name, row) {
    const place = this.rankOf(row);
    const values = { option: textOf(row), place, count: this.limit };
    return fill(this._texts[place ? name : `${name}Unranked`], values);
  }

  /** @param {Row} row */
  _nameButtons(row) {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-do]"))) {
      const sentence = this._texts[button.dataset.do ?? ""];
      button.setAttribute("aria-label", fill(sentence, { option: textOf(row) }));
    }
  }

  _label() {
    const { ranked, isFull } = this;
    this._empty.hidden = ranked.length > 0;
    this._clear.hidden = ranked.length === 0;
    this._restPart.hidden = ranked.length === this._rows.length;
    for (const row of this._rows) {
      const rank = ranked.indexOf(row) + 1;
      row.querySelector("[data-grip]")?.setAttribute("aria-label", this.say("grip", row));
      disable(row, "up", rank === 1);
      disable(row, "down", rank === ranked.length);
      disable(row, "add", isFull);
    }
  }
}

/**
 * Returns `order` with `row` at `index`, or without it for null; what is beyond `limit` is dropped.
 * @template T
 * @param {T[]} order
 * @param {T} row
 * @param {number | null} index
 * @param {number} limit
 */
export function moveTo(order, row, index, limit) {
  const others = order.filter((each) => each !== row);
  if (index === null) return others;
  const at = Math.max(0, Math.min(index, others.length, limit - 1));
  return [...others.slice(0, at), row, ...others.slice(at)].slice(0, limit);
}

/** @param {Row} row */
export const idOf = (row) => /** @type {string} */ (row.dataset.option);

/** @param {Row} row */
export const textOf = (row) => row.querySelector(".ranking-text")?.textContent ?? "";

/**
 * @param {HTMLElement} list
 * @param {Row[]} rows
 * @returns {boolean} whether something was moved
 */
function fillList(list, rows) {
  let isMoved = false;
  rows.forEach((row, index) => {
    if (list.children[index] === row) return;
    list.insertBefore(row, list.children[index] ?? null);
    isMoved = true;
  });
  return isMoved;
}

/**
 * Marks a button as one that does nothing now; it keeps the focus.
 * @param {Row} row
 * @param {string} action
 * @param {boolean} isDisabled
 */
function disable(row, action, isDisabled) {
  row.querySelector(`[data-do="${action}"]`)?.setAttribute("aria-disabled", String(isDisabled));
}
