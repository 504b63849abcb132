/* The options one chooses from, and says no kindly where it would be too many. */

import { fill } from "./page.js";

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
    this._paper = form.querySelector("fieldset");
    this._says = document.getElementById("chosen");
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
    this._tell();
  }

  /** @param {boolean} isLocked */
  lock(isLocked) {
    if (this._paper.disabled !== isLocked) this._paper.disabled = isLocked;
  }

  /** Leads to where one chooses, or has chosen. */
  focus() {
    (this._inputs.find((input) => input.checked) || this._inputs[0])?.focus();
  }

  /** @param {EventTarget | null} input what was just chosen, or taken away */
  _bound(input) {
    const isTooMany = this._isMultiple && this.chosen.length > this._maxChoices;
    if (isTooMany) /** @type {HTMLInputElement} */ (input).checked = false;
    this._tell(isTooMany);
  }

  _tell(isTooMany = false) {
    if (!this._isMultiple) return;
    const values = { count: this.chosen.length, max: this._maxChoices };
    this._says.hidden = values.count === 0;
    this._says.textContent = isTooMany ? this._texts.enough : fill(this._texts.chosen, values);
    this._says.classList.toggle("ballot-enough", isTooMany);
  }
}
