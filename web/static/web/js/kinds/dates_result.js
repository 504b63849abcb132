/* The result of `dates`: a table, best first, in the time zone of the reader. */

import { byId, fill, formatCount, setText } from "../page.js";
import { slotsOf, whenOf, zoneName } from "./date_words.js";
import { KindResult } from "./kind_result.js";
import { drawPlaces } from "./places.js";

/** @typedef {import("./kind_result.js").Shown} Shown
 *  @typedef {{optionId: string, place: number, slot: import("./date_words.js").Slot, yes: number,
 *    maybe: number, no: number}} DatedOption */

// What stands for a number that this person may not see.
const HIDDEN = "–";
// More rows can't be read from the last row of a room.
const STAGE_ROWS = 10;
const YES = 3;
const SUMMARY_DATES = 5;
// Rows that change places all the time are unreadable.
const ORDERED_EVERY_MS = 1_500;
const GLIDE_MS = 600;
const LEVELS = /** @type {const} */ (["yes", "maybe", "no"]);

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const plurals = new Intl.PluralRules(document.documentElement.lang || "en");

export class Result extends KindResult {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts
   * @param {import("./kind_result.js").Surface} surface
   */
  constructor(place, texts, surface) {
    super(place, texts, surface);
    this._body = /** @type {HTMLTableElement} */ (byId("date-table")).tBodies[0];
    setText(byId("date-result-zone"), fill(texts.kind.zone, { zone: zoneName() }));
    this._orderedAt = -Infinity;
    this._timer = 0;
  }

  end() {
    super.end();
    clearTimeout(this._timer);
  }

  /** @param {Shown} shown */
  paint(shown) {
    const { results, head } = shown;
    const slots = slotsOf(head);
    const voters = Math.max(1, results.totalVoters ?? 0);
    /** @type {Map<string, DatedOption>} */
    const dates = new Map((results.tally?.options ?? []).map((/** @type {DatedOption} */ each) => [each.optionId, each]));
    for (const row of this._rows) {
      const id = row.dataset.option ?? "";
      const slot = slots.get(id);
      if (slot) setText(part(row, ".date-when > .numbers"), whenOf(slot));
      this._drawRow(row, dates.get(id), voters);
    }
    this._order(Array.from(dates.keys()));
    this._drawMore();
    if (this.surface === "vote") this._drawPlaces(shown, dates);
  }

  /** @param {Shown} shown */
  summary({ results }) {
    const dates = /** @type {DatedOption[]} */ (results.tally?.options ?? []);
    return dates.slice(0, SUMMARY_DATES).map(({ slot, yes, maybe }) =>
      fill(this.texts.kind.line, { date: whenOf(slot), yes: formatCount(yes), maybe: formatCount(maybe) }),
    );
  }

  /** @param {Shown} shown */
  outcome({ results }) {
    const dates = /** @type {DatedOption[]} */ (results.tally?.options ?? []);
    const best = dates.filter(({ place, yes, maybe }) => place === 1 && yes + maybe > 0);
    if (best.length === 0) return "";
    if (best.length === 1) return fill(this.texts.kind.best, { date: whenOf(best[0].slot) });
    return counted(this.texts.kind.tie, best.length);
  }

  get _rows() {
    return Array.from(this._body.rows);
  }

  /**
   * @param {HTMLTableRowElement} row
   * @param {DatedOption | undefined} date
   * @param {number} voters
   */
  _drawRow(row, date, voters) {
    row.toggleAttribute("data-best", date?.place === 1 && date.yes + date.maybe > 0);
    for (const level of LEVELS) {
      const cell = row.querySelector(`td[data-level=${level}]`);
      if (cell) setText(cell, date ? formatCount(date[level]) : HIDDEN);
    }
    const yes = ((date?.yes ?? 0) / voters) * 100;
    const maybe = ((date?.maybe ?? 0) / voters) * 100;
    part(row, ".date-bar-yes").setAttribute("width", `${yes}%`);
    part(row, ".date-bar-maybe").setAttribute("x", `${yes}%`);
    part(row, ".date-bar-maybe").setAttribute("width", `${maybe}%`);
  }

  /** @param {string[]} ids best first */
  _order(ids) {
    const isSame = ids.every((id, index) => this._body.rows[index]?.dataset.option === id);
    if (isSame) return;
    const waitMs = this._orderedAt + ORDERED_EVERY_MS - performance.now();
    if (waitMs > 0) {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this.shown && this.draw(this.shown), waitMs);
      return;
    }
    this._orderedAt = performance.now();
    const rows = new Map(this._rows.map((row) => [row.dataset.option, row]));
    const tops = new Map(this._rows.map((row) => [row, row.getBoundingClientRect().top]));
    for (const id of ids) {
      const row = rows.get(id);
      if (row) this._body.append(row);
    }
    if (!calm.matches) this._glide(tops);
  }

  /** @param {Map<HTMLElement, number>} tops where the rows were */
  _glide(tops) {
    for (const [row, top] of tops) {
      const moved = top - row.getBoundingClientRect().top;
      if (moved) row.animate([{ transform: `translateY(${moved}px)` }, { transform: "none" }], { duration: GLIDE_MS, easing: "ease-out" });
    }
  }

  /** On stage, only the best dates are shown. */
  _drawMore() {
    if (this.surface !== "stage") return;
    const rows = this._rows;
    this.place.style.setProperty("--rows", String(Math.min(rows.length, STAGE_ROWS)));
    rows.forEach((row, index) => (row.hidden = index >= STAGE_ROWS));
    const more = rows.length - STAGE_ROWS;
    byId("date-more").hidden = more <= 0;
    if (more > 0) setText(byId("date-more"), counted(this.texts.kind.more, more));
  }

  /**
   * @param {Shown} shown
   * @param {Map<string, DatedOption>} dates
   */
  _drawPlaces({ head, answers }, dates) {
    const yours = new Set(answers.filter(({ score }) => score === YES).map(({ optionId }) => optionId));
    for (const { id, limit } of head.options) {
      const row = document.querySelector(`.date[data-option="${id}"]`);
      if (row) drawPlaces(row, limit, dates.get(id)?.yes ?? null, yours.has(id), this.texts);
    }
  }
}

/**
 * @param {Record<string, string>} forms by plural category
 * @param {number} count
 */
function counted(forms, count) {
  return fill(forms[plurals.select(count)], { count: formatCount(count) });
}

/**
 * @param {HTMLElement} row
 * @param {string} selector
 * @returns {HTMLElement}
 */
function part(row, selector) {
  return /** @type {HTMLElement} */ (row.querySelector(selector));
}
