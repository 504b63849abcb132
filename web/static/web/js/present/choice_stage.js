/* Single and multiple choice on stage: large bars and a table. */

import { KindResult } from "../kinds/kind_result.js";
import { byId } from "../page.js";
import { ResultsTable } from "../results_table.js";
import { Chart } from "./chart.js";
import { Texts } from "./texts.js";

/** @typedef {import("../kinds/kind_result.js").Shown} Shown
 *  @typedef {import("../poll_store.js").Results} Results */

// The table is for screen readers and reading; it needn't follow every vote.
const TABLE_EVERY_MS = 500;

export class ChoiceStage extends KindResult {
  /**
   * @param {HTMLElement} place the list of bars
   * @param {Record<string, any>} texts
   * @param {import("../kinds/kind_result.js").Surface} surface
   */
  constructor(place, texts, surface) {
    super(place, texts, surface);
    this._words = new Texts(texts);
    this._chart = new Chart(place);
    this._table = new ResultsTable(/** @type {HTMLTableElement} */ (byId("results-table")));
    this._tableDrawnAt = -Infinity;
    this._tableTimer = 0;
  }

  end() {
    super.end();
    this._chart.end();
    clearTimeout(this._tableTimer);
  }

  /**
   * Draws at once: the stage calls it in an animation frame.
   * @param {Shown} shown
   */
  draw(shown) {
    this.shown = shown;
    const { results, phase, isReplayed } = shown;
    const leading = new Set(phase === "closed" && !isReplayed ? leadersOf(results) : []);
    this._chart.draw({ results, leading, mark: this._words.say(leading.size > 1 ? "tied" : "mostVotes") });
    this._drawTable(shown);
  }

  /** @param {Shown} shown */
  outcome({ results }) {
    const leading = leadersOf(results);
    if (!leading.length) return "";
    if (leading.length > 1) return this._words.count("tie", leading.length);
    const option = results.options.find(({ id }) => id === leading[0])?.text ?? "";
    return this._words.say("outcome", { option });
  }

  /** @param {Shown} shown */
  summary({ results }) {
    return this._words.leading(results.options);
  }

  /** @param {boolean} areShort */
  shortenLabels(areShort) {
    this._chart.shortenLabels(areShort);
  }

  get layout() {
    return this._chart.layout;
  }

  /** @param {Shown} shown */
  _drawTable({ results }) {
    const waitMs = this._tableDrawnAt + TABLE_EVERY_MS - performance.now();
    // Hiding takes effect at once.
    if (waitMs <= 0 || results.version === null) this._drawTableNow();
    else this._tableTimer ||= setTimeout(() => this._drawTableNow(), waitMs);
  }

  _drawTableNow() {
    clearTimeout(this._tableTimer);
    this._tableTimer = 0;
    this._tableDrawnAt = performance.now();
    this._table.show(/** @type {Shown} */ (this.shown).results.options);
  }
}

/**
 * Returns the ids of the options with the most votes.
 * @param {Results} results
 * @returns {string[]}
 */
function leadersOf({ options }) {
  const most = Math.max(...options.map(({ voteCount }) => voteCount ?? 0));
  return most ? options.filter(({ voteCount }) => voteCount === most).map(({ id }) => id) : [];
}
