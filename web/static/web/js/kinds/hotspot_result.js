/* The result of `hotspot`: a heat map over the picture. */

import { byId, fill, formatCount, setText } from "../page.js";
import { HeatMap } from "./heat_map.js";
import { KindResult } from "./kind_result.js";
import { putAt, shape } from "./spots.js";

/** @typedef {import("./kind_result.js").Shown} Shown
 *  @typedef {{column: number, row: number, count: number, share: number}} Spot */

const COLUMNS = 32;
const ROWS = 18;
const SUMMARY_SPOTS = 3;

const plurals = new Intl.PluralRules(document.documentElement.lang || "en");

export class Result extends KindResult {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts
   * @param {import("./kind_result.js").Surface} surface
   */
  constructor(place, texts, surface) {
    super(place, texts, surface);
    this._picture = byId("spot-heat");
    shape(this._picture);
    this._picture.querySelector(".spot-grid")?.remove();
    this._map = new HeatMap(this._picture, COLUMNS, ROWS);
    /** @type {HTMLElement[]} */
    this._marks = [];
  }

  end() {
    super.end();
    this._map.end();
  }

  /** @param {Shown} shown */
  paint({ results, answers }) {
    const { tally } = results;
    this._map.show(tally?.heat ?? "");
    setText(byId("spot-total"), tally ? this._total(tally.total) : "");
    this._drawMarks(answers);
    this._drawTable(tally?.spots ?? []);
  }

  /** @param {Shown} shown */
  summary({ results }) {
    const spots = /** @type {Spot[]} */ (results.tally?.spots ?? []);
    return spots.slice(0, SUMMARY_SPOTS).map(({ column, row, count }) =>
      fill(this.texts.kind.spot, { x: middle(column, COLUMNS), y: middle(row, ROWS), count: formatCount(count) }),
    );
  }

  /** @param {number} total */
  _total(total) {
    if (!total) return this.texts.kind.none;
    return fill(this.texts.kind.total[plurals.select(total)], { count: formatCount(total) });
  }

  /** @param {import("./answers.js").Answer[]} answers those of the voter */
  _drawMarks(answers) {
    while (this._marks.length > answers.length) this._marks.pop()?.remove();
    while (this._marks.length < answers.length) {
      const mark = Object.assign(document.createElement("span"), { className: "spot-mark spot-yours" });
      this._picture.append(mark);
      this._marks.push(mark);
    }
    answers.forEach(({ x, y }, index) => putAt(this._marks[index], { x: x ?? 0, y: y ?? 0 }));
  }

  /** @param {Spot[]} spots */
  _drawTable(spots) {
    const body = /** @type {HTMLTableSectionElement | null} */ (document.getElementById("spot-rows"));
    if (!body) return;
    byId("spot-list").hidden = spots.length === 0;
    while (body.rows.length > spots.length) body.deleteRow(-1);
    spots.forEach(({ column, row, count }, index) => {
      const cells = (body.rows[index] ?? addRow(body)).cells;
      setText(cells[0], String(middle(column, COLUMNS)));
      setText(cells[1], String(middle(row, ROWS)));
      setText(cells[2], formatCount(count));
    });
  }
}

/**
 * Returns the middle of a field of the grid in percent.
 * @param {number} index
 * @param {number} count
 */
function middle(index, count) {
  return Math.round(((index + 0.5) / count) * 100);
}

/** @param {HTMLTableSectionElement} body */
function addRow(body) {
  const row = body.insertRow();
  for (let index = 0; index < 3; index += 1) row.insertCell().className = "number";
  return row;
}
