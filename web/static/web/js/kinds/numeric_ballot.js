/* The ballot of `numeric`: a field for the exact number, and a slider. */

import { setText } from "../page.js";
import { KindBallot } from "./kind_ballot.js";
import { formatNumber } from "./numbers.js";
import { readNumbers } from "./number_input.js";

/** @typedef {import("./answers.js").Answer} Answer */

const TOLERANCE = 1e-6;

export class Ballot extends KindBallot {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts
   * @param {import("../poll_store.js").PollHead} head
   */
  constructor(form, texts, head) {
    super(form, texts, head);
    const { min = 0, max = 100, step = 1, unit = "" } = head.settings;
    this._bounds = { min, max, step };
    this._unit = unit;
    this._field = /** @type {HTMLInputElement} */ (this.place.querySelector(".numeric-field"));
    this._slider = /** @type {HTMLInputElement | null} */ (this.place.querySelector(".numeric-range"));
    this._field.addEventListener("input", () => this._followField());
    this._field.addEventListener("change", () => this._showValidity());
    // A click on the middle, where the slider is before it is used, is no input.
    for (const name of ["input", "click"]) this._slider?.addEventListener(name, () => this._followSlider());
    this._followField();
  }

  /** @returns {Answer[]} */
  get answers() {
    const number = this._number;
    return number === null ? [] : [{ number }];
  }

  get problem() {
    this._showValidity();
    if (this._field.value.trim() === "") return this.texts.answerFirst;
    return this._number === null ? this.texts.kind.problem : "";
  }

  /** @param {Answer[]} answers */
  choose([answer]) {
    this._write(answer?.number ?? null);
    this._followField();
  }

  focus() {
    this._field.focus();
  }

  /** @returns {number | null} */
  get _number() {
    const readings = readNumbers(this._field.value, this.texts.kind.decimal);
    return readings.find((number) => fits(number, this._bounds)) ?? null;
  }

  /** @param {number | null} number */
  _write(number) {
    // 0.30000000000000004 is 0.3.
    const text = number === null ? "" : String(Number(number.toFixed(6)));
    this._field.value = text.replace(".", this.texts.kind.decimal);
  }

  _followField() {
    const number = this._number;
    if (number !== null) this._field.removeAttribute("aria-invalid");
    const answer = number === null ? "" : withUnit(number, this._unit, this.texts.kind);
    setText(/** @type {Element} */ (this.place.querySelector(".numeric-answer")), answer);
    if (!this._slider) return;
    this._slider.toggleAttribute("data-unset", number === null);
    if (number !== null) this._slider.value = String(number);
    this._slider.setAttribute("aria-valuetext", answer || "–");
  }

  _followSlider() {
    this._write(Number(/** @type {HTMLInputElement} */ (this._slider).value));
    this._followField();
  }

  _showValidity() {
    const isWrong = this._field.value.trim() !== "" && this._number === null;
    if (isWrong) this._field.setAttribute("aria-invalid", "true");
    else this._field.removeAttribute("aria-invalid");
  }
}

/**
 * @param {number} number
 * @param {{min: number, max: number, step: number}} bounds
 */
function fits(number, { min, max, step }) {
  if (number < min || number > max) return false;
  const steps = (number - min) / step;
  return Math.abs(steps - Math.round(steps)) < TOLERANCE;
}

/**
 * @param {number} number
 * @param {string} unit
 * @param {Record<string, any>} texts of the kind
 */
function withUnit(number, unit, texts) {
  const text = formatNumber(number);
  return unit ? texts.withUnit.replace("{number}", text).replace("{unit}", unit) : text;
}
