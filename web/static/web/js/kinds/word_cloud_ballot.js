/* The ballot of `word_cloud`: one field, and another one once the last is filled in. */

import { fill, formatCount } from "../page.js";
import { counted } from "./counted.js";
import { KindBallot } from "./kind_ballot.js";
import { charactersOf, isTooLong } from "./text_length.js";

/** @typedef {import("./answers.js").Answer} Answer */

// The length is shown from this share of what is allowed.
const NEARLY_FULL = 0.6;

export class Ballot extends KindBallot {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts
   * @param {import("../poll_store.js").PollHead} head
   */
  constructor(form, texts, head) {
    super(form, texts, head);
    /** @type {HTMLInputElement[]} */
    this._fields = Array.from(this.place.querySelectorAll("input"));
    this._max = head.settings.maxChars;
    this.place.addEventListener("input", () => this._show());
    this.place.addEventListener("keydown", (event) => this._pressed(event));
    this.place.dataset.ready = "";
    this._show();
  }

  /** @returns {Answer[]} */
  get answers() {
    return this._texts.filter(Boolean).map((text) => ({ text }));
  }

  get problem() {
    const isAnyTooLong = this._texts.some((text) => isTooLong(text, this._max));
    return isAnyTooLong ? counted(this.texts.kind.tooLong, this._max) : super.problem;
  }

  /** @param {Answer[]} answers */
  choose(answers) {
    this._fields.forEach((field, index) => (field.value = answers[index]?.text ?? ""));
    this._showYours(answers);
    this._show();
  }

  /** Focuses the first empty field, or the last one. */
  focus() {
    (this._fields.find((field) => !field.value.trim()) ?? this._fields[this._fields.length - 1]).focus();
  }

  get _texts() {
    return this._fields.map((field) => field.value.trim().split(/\s+/).join(" "));
  }

  /** Shows the filled fields and one more, with their lengths where they get long. */
  _show() {
    const texts = this._texts;
    const last = texts.findLastIndex(Boolean);
    this._fields.forEach((field, index) => {
      const item = /** @type {HTMLElement} */ (field.closest("li"));
      item.hidden = index > last + 1;
      this._showLength(field, item, texts[index]);
    });
  }

  /**
   * @param {HTMLInputElement} field
   * @param {HTMLElement} item
   * @param {string} text
   */
  _showLength(field, item, text) {
    const tooLong = isTooLong(text, this._max);
    const count = charactersOf(text);
    const place = /** @type {HTMLElement} */ (item.querySelector(".words-length"));
    place.textContent = tooLong || count >= this._max * NEARLY_FULL ? `${formatCount(count)}/${formatCount(this._max)}` : "";
    if (tooLong === (field.getAttribute("aria-invalid") === "true")) return;
    field.setAttribute("aria-invalid", String(tooLong));
    const status = /** @type {HTMLElement} */ (this.place.querySelector("#words-status"));
    status.textContent = tooLong ? fill(this.texts.kind.length, { count, max: this._max }) : "";
  }

  /** @param {Answer[]} answers */
  _showYours(answers) {
    const chips = answers.flatMap(({ text = "" }) => {
      const chip = Object.assign(document.createElement("bdi"), { className: "words-chip", textContent: text });
      return [chip, " "];
    });
    /** @type {HTMLElement} */ (this.place.querySelector("#words-yours")).replaceChildren(...chips);
  }

  /**
   * Enter goes on to the next field; in an empty or the last one it sends the form.
   * @param {KeyboardEvent} event
   */
  _pressed(event) {
    // While a text is being composed, Enter accepts it.
    if (event.key !== "Enter" || event.isComposing) return;
    const field = /** @type {HTMLInputElement} */ (event.target);
    const next = this._fields[this._fields.indexOf(field) + 1];
    if (!field.value.trim() || !next) return;
    event.preventDefault();
    next.focus();
  }
}
