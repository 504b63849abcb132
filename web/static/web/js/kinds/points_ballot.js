/* The ballot of `points`: a stepper, a slider and a field per option. What is left is always shown. */

import { byId, fill, formatCount, setText } from "../page.js";
import { KindBallot } from "./kind_ballot.js";
import { readNumbers } from "./number_input.js";
import { pluralOf } from "./numbers.js";

/** @typedef {import("./answers.js").Answer} Answer
 *  @typedef {{id: string, item: HTMLElement, field: HTMLInputElement, range: HTMLInputElement | null,
 *    dots: HTMLElement | null, points: number, isWrong: boolean}} Row */

// With many points, one at a time takes too long; the field is for exact numbers.
const LARGE_STEP = 5;
const LARGE_FROM = 50;

export class Ballot extends KindBallot {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts
   * @param {import("../poll_store.js").PollHead} head
   */
  constructor(form, texts, head) {
    super(form, texts, head);
    const { total = 100, mustSpendAll = true } = head.settings;
    this._total = total;
    this._mustSpendAll = mustSpendAll;
    this._step = total >= LARGE_FROM ? LARGE_STEP : 1;
    this._status = byId("chosen");
    this._rows = Array.from(this.place.querySelectorAll(".points-item"), (item) => rowOf(/** @type {HTMLElement} */ (item)));
    for (const row of this._rows) this._listen(row);
    this._show();
  }

  /** @returns {Answer[]} */
  get answers() {
    const given = this._rows.filter(({ points }) => points > 0);
    return given.map(({ id, points }) => ({ optionId: id, score: points }));
  }

  get problem() {
    if (this._rows.some(({ isWrong }) => isWrong)) return this.texts.kind.wrong;
    if (!this.answers.length) return this.texts.answerFirst;
    const left = this._left;
    if (left && this._mustSpendAll) return fill(pluralOf(this.texts.kind.spendAll, left), { count: left });
    return "";
  }

  /** @param {Answer[]} answers */
  choose(answers) {
    const points = new Map(answers.map(({ optionId, score }) => [optionId, score]));
    for (const row of this._rows) {
      row.points = points.get(row.id) ?? 0;
      row.isWrong = false;
    }
    this._show();
  }

  focus() {
    const wrong = this._rows.find(({ isWrong }) => isWrong) ?? this._rows[0];
    const { field } = wrong;
    field.focus();
    field.select();
  }

  get _left() {
    return this._total - this._rows.reduce((sum, { points }) => sum + points, 0);
  }

  /** @param {Row} row */
  _listen(row) {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (row.item.querySelectorAll(".points-step"))) {
      button.addEventListener("click", () => this._stepBy(row, Number(button.dataset.step)));
    }
    row.range?.addEventListener("input", () => this._give(row, Number(row.range?.value)));
    row.field.addEventListener("input", () => this._read(row));
    row.field.addEventListener("focus", () => row.field.select());
    row.field.addEventListener("change", () => this._show());
  }

  /**
   * To the next multiple of the step, or as far as the points go.
   * @param {Row} row
   * @param {number} direction
   */
  _stepBy(row, direction) {
    const steps = row.points / this._step;
    const next = direction > 0 ? Math.floor(steps) + 1 : Math.ceil(steps) - 1;
    this._give(row, next * this._step);
  }

  /**
   * @param {Row} row
   * @param {number} wanted
   */
  _give(row, wanted) {
    const most = row.points + this._left;
    row.isWrong = false;
    row.points = Math.max(0, Math.min(wanted, most));
    this._show(wanted > most && wanted <= this._total && most === row.points && this._left === 0);
  }

  /** @param {Row} row whose field is being typed in, which stays as it is */
  _read(row) {
    const text = row.field.value.trim();
    const [number] = text === "" ? [0] : readNumbers(text, ".").filter((each) => Number.isInteger(each) && each >= 0);
    row.isWrong = number === undefined;
    const most = row.points + this._left;
    row.points = Math.min(number ?? 0, most);
    const isTooMany = (number ?? 0) > most;
    this._show(isTooMany, isTooMany ? null : row);
  }

  /**
   * @param {boolean} [isTooMany] more points were wanted than are left
   * @param {Row | null} [typed] its field is not changed
   */
  _show(isTooMany = false, typed = null) {
    const left = this._left;
    for (const row of this._rows) this._showRow(row, left, row === typed);
    const sentence = fill(pluralOf(this.texts.kind.left, left), { count: formatCount(left) });
    this._status.hidden = false;
    this._status.classList.add("points-left");
    this._status.classList.toggle("ballot-enough", isTooMany);
    this._status.classList.toggle("points-done", left === 0);
    setText(this._status, isTooMany ? `${sentence}. ${this.texts.kind.most}` : sentence);
  }

  /**
   * @param {Row} row
   * @param {number} left
   * @param {boolean} isTyped
   */
  _showRow({ item, field, range, dots, points, isWrong }, left, isTyped) {
    if (!isTyped && !isWrong) field.value = String(points);
    if (isWrong) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    if (range) range.value = String(points);
    const [less, more] = /** @type {HTMLButtonElement[]} */ ([...item.querySelectorAll(".points-step")]);
    // Not disabled: the focus would be lost, and the reason not heard.
    less.setAttribute("aria-disabled", String(points === 0));
    more.setAttribute("aria-disabled", String(left === 0));
    item.toggleAttribute("data-given", points > 0);
    if (dots) setText(dots, "●".repeat(points) + "○".repeat(Math.max(0, this._total - points)));
    const answer = fill(pluralOf(this.texts.kind.points, points), { count: points });
    setText(/** @type {Element} */ (item.querySelector(".points-answer")), answer);
  }
}

/**
 * @param {HTMLElement} item
 * @returns {Row}
 */
function rowOf(item) {
  const field = /** @type {HTMLInputElement} */ (item.querySelector(".points-field"));
  return {
    id: item.dataset.option ?? "",
    item,
    field,
    range: item.querySelector(".points-range"),
    dots: item.querySelector(".points-dots"),
    points: Number(field.value) || 0,
    isWrong: false,
  };
}
