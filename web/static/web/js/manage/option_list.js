/* The list of options: Enter goes to the next one, pasted lines become options, and buttons, Alt
   with an arrow key, or dragging move them. */

import { fill } from "../page.js";
import { makeSortable } from "./reorder.js";

/** @type {Record<string, -1 | 1 | undefined>} */
const ARROW_STEPS = { ArrowUp: -1, ArrowDown: 1 };

export class OptionList {
  /**
   * @param {HTMLElement} list
   * @param {() => number} maxOptions
   * @param {Record<string, string>} texts
   * @param {() => void} onChange
   */
  constructor(list, maxOptions, texts, onChange) {
    this._list = list;
    this._maxOptions = maxOptions;
    this._texts = texts;
    this._onChange = onChange;
    this._status = /** @type {HTMLElement} */ (document.getElementById("options-status"));
    this._template = /** @type {HTMLTemplateElement} */ (document.getElementById("option-template"));
    const more = /** @type {HTMLButtonElement} */ (document.getElementById("add-option"));
    more.type = "button";
    more.addEventListener("click", () => inputOf(this._add())?.focus());
    list.addEventListener("click", (event) => this._clicked(event));
    list.addEventListener("keydown", (event) => this._pressed(event));
    list.addEventListener("paste", (event) => this._pasted(event));
    makeSortable(list, (row) => this._moved(row));
    this._number();
  }

  get _rows() {
    return /** @type {HTMLElement[]} */ ([...this._list.children]);
  }

  /**
   * @param {Element | null} [after]
   * @returns {HTMLElement}
   */
  _add(after = this._list.lastElementChild) {
    const most = this._maxOptions();
    if (this._rows.length >= most) {
      this._say(fill(this._texts.full, { count: most }));
      return /** @type {HTMLElement} */ (this._list.lastElementChild);
    }
    const row = /** @type {HTMLElement} */ (this._template.content.firstElementChild?.cloneNode(true));
    if (after) after.after(row);
    else this._list.append(row);
    this._number();
    return row;
  }

  /** @param {MouseEvent} event */
  _clicked(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    const row = /** @type {HTMLElement | null} */ (button?.closest("[data-option-row]"));
    if (!button || !row) return;
    // Without a script the buttons submit the form.
    event.preventDefault();
    if (button.classList.contains("option-remove")) this._remove(row);
    else this._move(row, button.classList.contains("option-up") ? -1 : 1, button);
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    const input = /** @type {HTMLElement} */ (event.target);
    const row = /** @type {HTMLElement | null} */ (input.closest("[data-option-row]"));
    if (!row || !(input instanceof HTMLInputElement) || event.isComposing) return;
    const step = event.altKey ? ARROW_STEPS[event.key] : undefined;
    if (step) this._move(row, step, input);
    else if (event.key === "Enter") this._goToNext(row, input);
    else if (event.key !== "Backspace" || !this._removeEmpty(row, input)) return;
    event.preventDefault();
  }

  /**
   * @param {HTMLElement} row
   * @param {HTMLInputElement} input
   */
  _goToNext(row, input) {
    const next = row.nextElementSibling ?? (input.value.trim() ? this._add(row) : row);
    inputOf(next)?.focus();
  }

  /**
   * @param {HTMLElement} row
   * @param {HTMLInputElement} input
   * @returns {boolean} whether it was removed
   */
  _removeEmpty(row, input) {
    const before = row.previousElementSibling;
    if (input.value !== "" || !before) return false;
    row.remove();
    this._changed();
    inputOf(before)?.focus();
    return true;
  }

  /** @param {ClipboardEvent} event */
  _pasted(event) {
    const input = event.target;
    const lines = (event.clipboardData?.getData("text/plain") ?? "")
      .split(/\r\n|[\n\r\u2028\u2029]/)
      // Strip the bullet or number of a list.
      .map((line) => line.replace(/^\s*(?:[-*•‣]|\d{1,2}[.)])\s+/, "").trim())
      .filter(Boolean);
    if (!(input instanceof HTMLInputElement) || lines.length < 2) return;
    event.preventDefault();
    let row = /** @type {HTMLElement} */ (input.closest("[data-option-row]"));
    lines.forEach((line, index) => {
      if (index > 0 || input.value.trim()) row = this._nextEmpty(row);
      const place = inputOf(row);
      if (place && !place.value.trim()) place.value = line;
    });
    this._changed();
    this._say(fill(this._texts.pasted, { count: lines.length }));
    inputOf(row)?.focus();
  }

  /** @param {HTMLElement} row */
  _nextEmpty(row) {
    const next = row.nextElementSibling;
    return next && !inputOf(next)?.value.trim() ? /** @type {HTMLElement} */ (next) : this._add(row);
  }

  /** @param {HTMLElement} row */
  _remove(row) {
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    if (!this._rows.length) this._add(null);
    this._changed();
    this._say(fill(this._texts.removed, { count: this._rows.length }));
    inputOf(neighbour ?? this._rows[0])?.focus();
  }

  /**
   * @param {HTMLElement} row
   * @param {-1 | 1} way
   * @param {HTMLElement} focused moving it takes the focus away
   */
  _move(row, way, focused) {
    if (way < 0) row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    this._moved(row);
    focused.focus();
  }

  /** @param {HTMLElement} row */
  _moved(row) {
    this._changed();
    const number = this._rows.indexOf(row) + 1;
    this._say(fill(this._texts.moved, { number, count: this._rows.length }));
  }

  _changed() {
    this._number();
    this._onChange();
  }

  /** Updates the labels that contain an option's number. */
  _number() {
    this._rows.forEach((row, index) => {
      const number = index + 1;
      inputOf(row)?.setAttribute("aria-label", fill(this._texts.option, { number }));
      for (const [part, text] of Object.entries({ up: "moveUp", down: "moveDown", remove: "remove" })) {
        row.querySelector(`.option-${part}`)?.setAttribute("aria-label", fill(this._texts[text], { number }));
      }
    });
  }

  /** @param {string} text */
  _say(text) {
    this._status.textContent = text;
  }
}

/**
 * @param {Element} row
 * @returns {HTMLInputElement | null}
 */
function inputOf(row) {
  return row.querySelector("input[name=option]");
}
