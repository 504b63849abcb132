/* The list of dates: adds and removes rows and ranges of days, as the server does without a script. */

import { fill } from "../page.js";

const MAX_DAYS = 50;
const DAY_MS = 86400000;

/** @typedef {{day: string, start: string, end: string}} SlotFields */

export class SlotList {
  /**
   * @param {HTMLElement} list
   * @param {Record<string, string>} texts
   * @param {() => void} onChange
   */
  constructor(list, texts, onChange) {
    this._list = list;
    this._texts = texts;
    this._onChange = onChange;
    this._status = /** @type {HTMLElement} */ (document.getElementById("slots-status"));
    this._template = /** @type {HTMLTemplateElement} */ (document.getElementById("slot-template"));
    this._takeOver("add-slot", () => this._addNext());
    this._takeOver("add-days", () => this._addRange());
    list.addEventListener("click", (event) => this._clicked(event));
    this._number();
  }

  /**
   * @param {string} id of a button that submits the form without a script
   * @param {() => void} onClick
   */
  _takeOver(id, onClick) {
    const button = /** @type {HTMLButtonElement} */ (document.getElementById(id));
    button.type = "button";
    button.addEventListener("click", onClick);
  }

  get _rows() {
    return /** @type {HTMLElement[]} */ ([...this._list.children]);
  }

  /** The last row with a day. */
  get _last() {
    return this._rows.map(read).findLast((row) => row.day);
  }

  /** Adds the day after the last one, with its times. */
  _addNext() {
    const last = this._last;
    const row = this._add({ day: last ? dayAfter(last.day, 1) : "", start: last?.start ?? "", end: last?.end ?? "" });
    this._changed();
    inputOf(row ?? this._rows[this._rows.length - 1], "day").focus();
  }

  _addRange() {
    const first = inputOf(document, "first").value;
    const last = inputOf(document, "last").value || first;
    if (!first) {
      inputOf(document, "first").focus();
      return;
    }
    const { start, end } = this._last ?? { start: "", end: "" };
    const known = new Set(this._rows.map((row) => Object.values(read(row)).join(" ")));
    this._rows.filter((row) => !read(row).day).forEach((row) => row.remove());
    let added = 0;
    const count = Math.round((Date.parse(last) - Date.parse(first)) / DAY_MS) + 1;
    for (let at = 0; at < Math.min(count, MAX_DAYS); at++) {
      const day = dayAfter(first, at);
      if (!known.has([day, start, end].join(" ")) && this._add({ day, start, end })) added++;
    }
    this._changed();
    this._status.textContent = fill(this._texts.datesAdded, { count: added });
  }

  /**
   * @param {SlotFields} fields
   * @returns {HTMLElement | null} null if the list is full
   */
  _add(fields) {
    if (this._rows.length >= MAX_DAYS) return null;
    const row = /** @type {HTMLElement} */ (this._template.content.firstElementChild?.cloneNode(true));
    for (const [name, value] of Object.entries(fields)) inputOf(row, name).value = value;
    this._list.append(row);
    return row;
  }

  /** @param {MouseEvent} event */
  _clicked(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest(".slot-remove");
    const row = /** @type {HTMLElement | null} */ (button?.closest("[data-slot-row]"));
    if (!row) return;
    event.preventDefault();
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    if (!neighbour) this._add({ day: "", start: "", end: "" });
    this._changed();
    this._status.textContent = fill(this._texts.dateRemoved, { count: this._rows.length });
    inputOf(neighbour ?? this._rows[0], "day").focus();
  }

  _changed() {
    this._number();
    this._onChange();
  }

  _number() {
    this._rows.forEach((row, index) => {
      const number = index + 1;
      row.querySelector("[role=group]")?.setAttribute("aria-label", fill(this._texts.date, { number }));
      row.querySelector(".slot-remove")?.setAttribute("aria-label", fill(this._texts.removeDate, { number }));
    });
  }
}

/**
 * @param {Element} row
 * @returns {SlotFields}
 */
export function read(row) {
  return {
    day: inputOf(row, "day").value,
    start: inputOf(row, "start").value,
    end: inputOf(row, "end").value,
  };
}

/**
 * @param {ParentNode} place
 * @param {string} name
 */
export function inputOf(place, name) {
  return /** @type {HTMLInputElement} */ (place.querySelector(`[name=dates-${name}]`));
}

/**
 * @param {string} day
 * @param {number} count
 */
function dayAfter(day, count) {
  const later = new Date(Date.parse(day) + count * DAY_MS);
  return Number.isNaN(later.getTime()) ? "" : later.toISOString().slice(0, 10);
}
