/* The result of `numeric`; see kind_result.js. */

import { setText } from "../page.js";
import { KindResult } from "./kind_result.js";

export class Result extends KindResult {
  /** @param {import("./kind_result.js").Shown} shown */
  paint({ results }) {
    setText(/** @type {HTMLElement} */ (this.place.firstElementChild), String(results.tally?.mean ?? "–"));
  }
}
