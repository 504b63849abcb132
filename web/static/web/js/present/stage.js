/* Draws what the audience sees, from a `View`. */

import { timeLeft } from "../clock.js";
import { byId, formatCount, setText, showEdit } from "../page.js";
import { ResultsTable } from "../results_table.js";
import { Chart } from "./chart.js";
import { fit } from "./fit.js";

/** @typedef {import("../poll_store.js").Results} Results
 *  @typedef {import("../poll_store.js").Phase | "hidden" | "gone"} Phase
 *  @typedef {{phase: Phase, head: import("../poll_store.js").PollHead, results: Results,
 *    isShown: boolean, total: number, watchers: number, isJoinShown: boolean,
 *    isTableShown: boolean, replayed: Date | null}} View
 *    `results` have no numbers while they are hidden from the audience */

// The table is for screen readers and reading; it needn't follow every vote.
const TABLE_EVERY_MS = 500;

export class Stage {
  /**
   * @param {import("./texts.js").Texts} texts
   * @param {import("../clock.js").Clock} clock
   */
  constructor(texts, clock) {
    this.element = byId("stage");
    this._texts = texts;
    this._clock = clock;
    this._chart = new Chart(/** @type {HTMLElement} */ (this.element.querySelector(".bars")));
    this._table = new ResultsTable(/** @type {HTMLTableElement} */ (byId("results-table")));
    this._tableDrawnAt = -Infinity;
    this._tableTimer = 0;
    this._fitted = "";
    this._observer = new ResizeObserver(() => this._fit());
    this._observer.observe(byId("results"));
  }

  end() {
    this._observer.disconnect();
    this._chart.end();
    clearTimeout(this._tableTimer);
  }

  /** @param {View} view */
  draw(view) {
    this._view = view;
    const { dataset } = this.element;
    dataset.phase = view.phase;
    dataset.results = hasVotes(view.phase) ? (view.isShown ? "shown" : "hidden") : "none";
    toggle(this.element, "join", view.isJoinShown);
    toggle(this.element, "table", view.isTableShown);
    toggle(this.element, "replay", view.replayed !== null);
    setText(byId("question"), view.head.question);
    showEdit(view.head);
    this._drawStatus(view);
    this._drawNumbers(view);
    this._chart.draw(this._picture(view));
    this._drawTable();
    this.drawTime();
    this._fitOnce(view);
  }

  /** What changes as time goes by. */
  drawTime() {
    const { phase, head, replayed } = /** @type {View} */ (this._view);
    const moment = phase === "waiting" ? head.opensAt : head.closesAt;
    const left = moment && timeLeft(moment, this._clock.until(moment));
    byId("countdown").hidden = phase !== "waiting" || !left;
    if (phase === "waiting" && left) {
      setText(byId("countdown-label"), this._texts.say(left.isCountdown ? "opensIn" : "opensOn"));
      setText(byId("countdown-time"), left.text);
    }
    if (phase === "open" && !replayed) setText(byId("note"), left ? this._closing(left) : "");
  }

  /** @param {{text: string, isCountdown: boolean}} left */
  _closing({ text, isCountdown }) {
    return this._texts.say(isCountdown ? "closesIn" : "closesOn", { time: text });
  }

  /** @param {string} state of the line */
  drawConnection(state) {
    const place = byId("connection");
    place.dataset.state = state === "ended" ? "offline" : state;
    setText(place, this._texts.say(state));
  }

  /** @param {View} view */
  _drawStatus({ phase, results, isShown, replayed }) {
    const badge = byId("phase");
    badge.className = `badge badge-${replayed ? "replay" : phase}`;
    setText(badge, replayed ? this._texts.say("replay") : this._texts.phase(phase) ?? "");
    byId("hidden-note").hidden = isShown || !hasVotes(phase);
    if (replayed || phase === "waiting") setText(byId("note"), "");
    else if (phase === "draft") setText(byId("note"), this._texts.say("draft"));
    else if (phase === "closed") setText(byId("note"), isShown ? this._outcome(results) : "");
  }

  /** @param {View} view */
  _drawNumbers({ total, watchers }) {
    setText(byId("total"), formatCount(total));
    setText(byId("total-label"), this._texts.count("voters", total));
    setText(byId("watchers-count"), formatCount(watchers));
    setText(byId("watchers-label"), this._texts.count("watchers", watchers));
  }

  /** @param {View} view */
  _picture({ phase, results, replayed }) {
    const leading = new Set(phase === "closed" && !replayed ? leadersOf(results) : []);
    return { results, leading, mark: this._texts.say(leading.size > 1 ? "tied" : "mostVotes") };
  }

  /**
   * @param {Results} results
   * @returns {string}
   */
  _outcome(results) {
    const leading = leadersOf(results);
    if (!leading.length) return this._texts.say("noVotes");
    if (leading.length > 1) return this._texts.count("tie", leading.length);
    const option = results.options.find(({ id }) => id === leading[0])?.text ?? "";
    return this._texts.say("outcome", { option });
  }

  _drawTable() {
    const waitMs = this._tableDrawnAt + TABLE_EVERY_MS - performance.now();
    // Hiding takes effect at once.
    const isDue = waitMs <= 0 || !(/** @type {View} */ (this._view).isShown);
    if (isDue) this._drawTableNow();
    else this._tableTimer ||= setTimeout(() => this._drawTableNow(), waitMs);
  }

  _drawTableNow() {
    clearTimeout(this._tableTimer);
    this._tableTimer = 0;
    this._tableDrawnAt = performance.now();
    this._table.show(/** @type {View} */ (this._view).results.options);
  }

  /** @param {View} view */
  _fitOnce({ head, results }) {
    const texts = [head.question, head.originalQuestion, ...results.options.map(({ text }) => text)];
    const fitted = JSON.stringify([texts, this._chart.layout]);
    if (fitted !== this._fitted) this._fit();
    this._fitted = fitted;
  }

  _fit() {
    if (this._view) fit(this.element, (areShort) => this._chart.shortenLabels(areShort));
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

/**
 * Returns results without numbers, with the options in the poll's order.
 * @param {Results} results
 * @returns {Results}
 */
export function withoutNumbers({ options }) {
  const hidden = options.map(({ id, text }) => ({ id, text, voteCount: null, percentage: null, percentageOfVoters: null }));
  return { totalVotes: null, totalVoters: null, version: null, options: hidden };
}

/** @param {Phase} phase */
const hasVotes = (phase) => phase === "open" || phase === "closed";

/**
 * @param {HTMLElement} element
 * @param {string} name of a data attribute
 * @param {boolean} isOn
 */
function toggle(element, name, isOn) {
  element.toggleAttribute(`data-${name}`, isOn);
}
