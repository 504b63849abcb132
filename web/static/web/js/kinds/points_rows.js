/* The options of a poll with points as bars: whole percent, and the mean per voter. */

import { barLength } from "../bars.js";
import { formatShare, setText } from "../page.js";
import { Chart } from "../present/chart.js";

/** @typedef {import("../poll_store.js").OptionTally & {mean?: string}} PointsOption */

export class PointsRows extends Chart {
  /** @param {HTMLElement} list */
  constructor(list) {
    super(list);
    this._model = /** @type {HTMLElement} */ (list.children[0]?.cloneNode(true));
  }

  /**
   * @param {HTMLElement} row
   * @param {PointsOption} option
   */
  _drawRow(row, { id, text, percentage, mean }) {
    const place = (/** @type {string} */ name) => /** @type {Element} */ (row.querySelector(name));
    setText(place(".bar-label"), this._label(id, text));
    setText(place(".bar-percentage"), percentage === null ? "" : formatShare(percentage));
    setText(place(".bar-count"), mean ?? "");
    place(".bar-fill").setAttribute("width", barLength(percentage));
  }

  /** @param {string} id */
  _addRow(id) {
    const row = /** @type {HTMLElement} */ (this._model.cloneNode(true));
    row.dataset.option = id;
    this._rows.set(id, row);
    return row;
  }
}
