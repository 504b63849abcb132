/* The ballot of `open_text`: a text, with its length. */

import { fill, formatCount } from "../page.js";
import { counted } from "./counted.js";
import { KindBallot } from "./kind_ballot.js";
import { charactersOf, isTooLong } from "./text_length.js";

/** @typedef {import("./answers.js").Answer} Answer */

// Screen readers hear the length from this share of what is allowed.
const NEARLY_FULL = 0.9;

export class Ballot extends KindBallot {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts
   * @param {import("../poll_store.js").PollHead} head
   */
  constructor(form, texts, head) {
    super(form, texts, head);
    this._field = /** @type {HTMLTextAreaElement} */ (this.place.querySelector("textarea"));
    this._length = /** @type {HTMLElement} */ (this.place.querySelector("#text-length"));
    this._status = /** @type {HTMLElement} */ (this.place.querySelector("#text-status"));
    this._yours = /** @type {HTMLElement} */ (this.place.querySelector("#text-yours"));
    this._max = head.settings.maxChars;
    this._field.addEventListener("input", () => this._showLength());
    this._field.addEventListener("keydown", (event) => this._pressed(event));
    this._showLength();
  }

  /** @returns {Answer[]} */
  get answers() {
    const text = this._field.value.trim();
    return text ? [{ text }] : [];
  }

  get problem() {
    return isTooLong(this._field.value, this._max) ? counted(this.texts.kind.tooLong, this._max) : super.problem;
  }

  /** @param {Answer[]} answers */
  choose([answer]) {
    this._field.value = answer?.text ?? "";
    this._yours.textContent = answer?.text ?? "";
    this._showLength();
  }

  _showLength() {
    const count = charactersOf(this._field.value.trim());
    const tooLong = isTooLong(this._field.value, this._max);
    const length = fill(this.texts.kind.length, { count: formatCount(count), max: formatCount(this._max) });
    this._length.textContent = length;
    this._length.classList.toggle("text-too-long", tooLong);
    this._field.setAttribute("aria-invalid", String(tooLong));
    this._status.textContent = count >= this._max * NEARLY_FULL ? length : "";
  }

  /**
   * Ctrl or Cmd with Enter sends; Enter alone begins a line.
   * @param {KeyboardEvent} event
   */
  _pressed(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
  }
}
