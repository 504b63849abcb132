/* The ballot of single and multiple choice; refuses a choice beyond the maximum. */

import { byId, fill } from "../page.js";
import { KindBallot } from "./kind_ballot.js";

/** @typedef {import("./answers.js").Answer} Answer */

export class ChoiceBallot extends KindBallot {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts
   * @param {import("../poll_store.js").PollHead} head
   */
  constructor(form, texts, head) {
    super(form, texts, head);
    this._isMultiple = head.kind === "multiple";
    this._minChoices = head.settings?.minChoices ?? 1;
    this._status = byId("chosen");
    /** @type {HTMLInputElement[]} */
    this._inputs = Array.from(form.querySelectorAll('input[name="option"]'));
    form.addEventListener("change", (event) => this._bound(event.target));
  }

  /** @returns {Answer[]} */
  get answers() {
    return this._inputs.filter((input) => input.checked).map((input) => ({ optionId: input.value }));
  }

  get problem() {
    const count = this.answers.length;
    if (count === 0) return this.texts.chooseFirst;
    if (count < this._minChoices) return fill(this.texts.tooFew, { min: this._minChoices });
    return "";
  }

  /** @param {Answer[]} answers */
  choose(answers) {
    const chosen = new Set(answers.map(({ optionId }) => optionId));
    for (const input of this._inputs) input.checked = chosen.has(input.value);
    this._showCount();
  }

  /** Focuses the chosen option, or the first one. */
  focus() {
    (this._inputs.find((input) => input.checked) || this._inputs[0])?.focus();
  }

  /**
   * The page shows the options as they were when it was loaded.
   * @param {import("../poll_store.js").PollHead} head
   */
  follow({ options }) {
    const shown = Array.from(byId("options").children, (row) => [
      /** @type {HTMLElement} */ (row).dataset.option,
      row.querySelector(".bar-label")?.textContent,
      row.querySelector("[data-places]") !== null,
      row.querySelector("img")?.getAttribute("src"),
    ]);
    const wanted = options.map(({ id, text, limit, picture }) => [id, text, limit !== null, picture?.url]);
    return JSON.stringify(shown) === JSON.stringify(wanted);
  }

  /** @param {EventTarget | null} input the one that was just changed */
  _bound(input) {
    const isTooMany = this._isMultiple && this.answers.length > this.head.maxChoices;
    if (isTooMany) /** @type {HTMLInputElement} */ (input).checked = false;
    this._showCount(isTooMany);
  }

  _showCount(isTooMany = false) {
    if (!this._isMultiple) return;
    const values = { count: this.answers.length, max: this.head.maxChoices };
    this._status.hidden = values.count === 0;
    this._status.textContent = isTooMany ? this.texts.enough : fill(this.texts.chosen, values);
    this._status.classList.toggle("ballot-enough", isTooMany);
  }
}
