/* The table of a kind's results, for screen readers and for reading. */

import { setText } from "../page.js";

// It needn't follow every vote.
const EVERY_MS = 500;

export class KindTable {
  /** @param {HTMLElement} place has the table, in a <details> or visible on stage only as a table */
  constructor(place) {
    this._table = /** @type {HTMLTableElement} */ (place.querySelector(".table"));
    this._details = this._table.closest("details");
    /** @type {string[][]} */
    this._rows = [];
    this._drawnAt = -Infinity;
    this._timer = 0;
    this._details?.addEventListener("toggle", () => this._draw());
  }

  /**
   * Shows these rows, at most every half second; their first cells are the headings.
   * @param {string[][]} rows
   */
  show(rows) {
    this._rows = rows;
    if (this._details && !this._details.open) return;
    const waitMs = this._drawnAt + EVERY_MS - performance.now();
    if (waitMs <= 0) this._draw();
    else this._timer ||= setTimeout(() => this._draw(), waitMs);
  }

  end() {
    clearTimeout(this._timer);
  }

  _draw() {
    this._timer = 0;
    this._drawnAt = performance.now();
    const body = this._table.tBodies[0];
    while (body.rows.length > this._rows.length) body.deleteRow(-1);
    this._rows.forEach((cells, index) => {
      const row = body.rows[index] ?? addRow(body, cells.length);
      cells.forEach((text, column) => row.cells[column] && setText(row.cells[column], text));
    });
  }
}

/**
 * @param {HTMLTableSectionElement} body
 * @param {number} count of cells
 */
function addRow(body, count) {
  const row = body.insertRow();
  const heading = Object.assign(document.createElement("th"), { scope: "row", dir: "auto" });
  row.append(heading);
  for (let index = 1; index < count; index += 1) row.insertCell().className = "number";
  return row;
}
