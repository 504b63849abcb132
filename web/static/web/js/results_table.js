/* The table of results, made by web/parts/results_table.html: options, people and shares. */

import { formatCount, formatPercentage, setText } from "./page.js";

/** @typedef {import("./poll_store.js").OptionTally} OptionTally */

// What stands for a number that this person may not see.
const HIDDEN = "–";

export class ResultsTable {
  /** @param {HTMLTableElement} table */
  constructor(table) {
    this._body = table.tBodies[0];
  }

  /** @param {OptionTally[]} options */
  show(options) {
    const body = this._body;
    while (body.rows.length > options.length) body.deleteRow(-1);
    options.forEach(({ text, voteCount, percentage }, index) => {
      const row = body.rows[index] ?? addRow(body);
      setText(row.cells[0], text);
      setText(row.cells[1], voteCount === null ? HIDDEN : formatCount(voteCount));
      setText(row.cells[2], percentage === null ? HIDDEN : formatPercentage(percentage));
    });
  }
}

/** @param {HTMLTableSectionElement} body */
function addRow(body) {
  const row = body.insertRow();
  const heading = Object.assign(document.createElement("th"), { scope: "row", dir: "auto" });
  const numbers = ["number", "number"].map((className) =>
    Object.assign(document.createElement("td"), { className }),
  );
  row.append(heading, ...numbers);
  return row;
}
