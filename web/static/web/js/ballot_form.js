/* The options of a ballot; refuses a choice beyond the maximum. */

import { byId, fill } from "./page.js";

export class BallotForm {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts
   * @param {{kind: string, maxChoices: number}} head
   */
  constructor(form, texts, { kind, maxChoices }) {
    this.form = form;
    this._texts = texts;
    this._isMultiple = kind === "multiple";
    this._maxChoices = maxChoices;
    this._options = /** @type {HTMLFieldSetElement} */ (form.querySelector("fieldset"));
    this._status = byId("chosen");
    /** @type {HTMLInputElement[]} */
    this._inputs = Array.from(form.querySelectorAll('input[name="option"]'));
    form.addEventListener("change", (event) => this._bound(event.target));
  }

  /** @returns {string[]} */
  get chosen() {
    return this._inputs.filter((input) => input.checked).map((input) => input.value);
  }

  /** @param {Iterable<string>} optionIds */
  choose(optionIds) {
    const chosen = new Set(optionIds);
    for (const input of this._inputs) input.checked = chosen.has(input.value);
    this._showCount();
  }

  /** @param {boolean} isLocked */
  lock(isLocked) {
    if (this._options.disabled !== isLocked) this._options.disabled = isLocked;
  }

  /** Focuses the chosen option, or the first one. */
  focus() {
    (this._inputs.find((input) => input.checked) || this._inputs[0])?.focus();
  }

  /** @param {EventTarget | null} input the one that was just changed */
  _bound(input) {
    const isTooMany = this._isMultiple && this.chosen.length > this._maxChoices;
    if (isTooMany) /** @type {HTMLInputElement} */ (input).checked = false;
    this._showCount(isTooMany);
  }

  _showCount(isTooMany = false) {
    if (!this._isMultiple) return;
    const values = { count: this.chosen.length, max: this._maxChoices };
    this._status.hidden = values.count === 0;
    this._status.textContent = isTooMany ? this._texts.enough : fill(this._texts.chosen, values);
    this._status.classList.toggle("ballot-enough", isTooMany);
  }
}
