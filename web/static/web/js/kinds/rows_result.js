/* The base class of results with a row per option, and a table: ratings and points. */

import { KindResult } from "./kind_result.js";
import { KindTable } from "./kind_table.js";

/** @typedef {import("../present/chart.js").Chart} Chart */

/** @template {Chart} Rows draws the rows */
export class RowsResult extends KindResult {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts
   * @param {import("./kind_result.js").Surface} surface
   * @param {Rows} rows
   */
  constructor(place, texts, surface, rows) {
    super(place, texts, surface);
    this._rows = rows;
    this._table = new KindTable(place);
  }

  /** @param {import("./kind_result.js").Shown} shown */
  draw(shown) {
    // The stage calls it in an animation frame.
    if (this.surface === "stage") this.paint((this.shown = shown));
    else super.draw(shown);
  }

  end() {
    super.end();
    this._rows.end();
    this._table.end();
  }

  /** @param {boolean} areShort */
  shortenLabels(areShort) {
    if (this.shown) this._rows.shortenLabels(areShort);
  }

  get layout() {
    return this._rows.layout;
  }
}
