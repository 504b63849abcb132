/* The results of single and multiple choice on the voter's page and in `/manage`: bars and a table.
   On the voter's page, the bars are the options of the ballot. */

import { Bars } from "../bars.js";
import { byId, fill, formatShare } from "../page.js";
import { ResultsTable } from "../results_table.js";
import { KindResult } from "./kind_result.js";
import { drawPlaces } from "./places.js";

/** @typedef {import("./kind_result.js").Shown} Shown */

const SUMMARY_OPTIONS = 5;

export class ChoiceResult extends KindResult {
  /**
   * @param {HTMLElement} place the list of bars
   * @param {Record<string, any>} texts
   * @param {import("./kind_result.js").Surface} surface
   */
  constructor(place, texts, surface) {
    super(place, texts, surface);
    this._bars = new Bars(place);
    const table = /** @type {HTMLTableElement} */ (byId("results-table"));
    this._table = new ResultsTable(table);
    this._details = /** @type {HTMLDetailsElement} */ (table.closest("details"));
    this._details.addEventListener("toggle", () => this._drawTable());
  }

  /** @param {Shown} shown */
  draw(shown) {
    this.shown = shown;
    this._bars.show(shown.results, shown.answers.map(({ optionId }) => optionId ?? ""));
    if (this.surface === "vote") this._drawPlaces(shown);
    this._details.hidden = shown.results.version === null;
    this._drawTable();
  }

  /** @param {Shown} shown */
  _drawPlaces({ results, answers }) {
    const yours = new Set(answers.map(({ optionId }) => optionId));
    for (const { id, limit, voteCount } of results.options) {
      const row = this.place.querySelector(`[data-option="${id}"]`);
      if (row) drawPlaces(row, limit, voteCount, yours.has(id), this.texts);
    }
  }

  _drawTable() {
    // On phones, the table is drawn only while it is seen.
    const isSeen = this._details.open || this.surface === "manage";
    if (isSeen && this.shown) this._table.show(this.shown.results.options);
  }

  /** @param {Shown} shown */
  summary({ results }) {
    return [...results.options]
      .sort((one, other) => (other.voteCount ?? 0) - (one.voteCount ?? 0))
      .slice(0, SUMMARY_OPTIONS)
      .map(({ text, percentage }) =>
        fill(this.texts.summaryItem, { option: text, percentage: formatShare(percentage ?? 0) }),
      );
  }
}
