/* Draws what the audience sees, from a `View`. */

import { timeLeft } from "../clock.js";
import { byId, formatCount, setText, showEdit } from "../page.js";
import { fit } from "./fit.js";

/** @typedef {import("../poll_store.js").Results} Results
 *  @typedef {import("../poll_store.js").Phase | "hidden" | "gone"} Phase
 *  @typedef {{phase: Phase, head: import("../poll_store.js").PollHead, results: Results,
 *    isShown: boolean, total: number, watchers: number, isJoinShown: boolean,
 *    isTableShown: boolean, replayed: Date | null}} View
 *    `results` have no numbers while they are hidden from the audience */

export class Stage {
  /**
   * @param {import("./texts.js").Texts} texts
   * @param {import("../clock.js").Clock} clock
   * @param {import("../kinds/kind_result.js").KindResult} result draws the results
   */
  constructor(texts, clock, result) {
    this.element = byId("stage");
    this._texts = texts;
    this._clock = clock;
    this._result = result;
    this._fitted = "";
    this._observer = new ResizeObserver(() => this._fit());
    this._observer.observe(byId("results"));
  }

  end() {
    this._observer.disconnect();
    this._result.end();
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
    this._result.draw(shownOf(view));
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
  _drawStatus(view) {
    const { phase, isShown, replayed } = view;
    const badge = byId("phase");
    badge.className = `badge badge-${replayed ? "replay" : phase}`;
    setText(badge, replayed ? this._texts.say("replay") : this._texts.phase(phase) ?? "");
    byId("hidden-note").hidden = isShown || !hasVotes(phase);
    if (replayed || phase === "waiting") setText(byId("note"), "");
    else if (phase === "draft") setText(byId("note"), this._texts.say("draft"));
    else if (phase === "closed") setText(byId("note"), isShown ? this._outcome(view) : "");
  }

  /** @param {View} view */
  _drawNumbers({ total, watchers }) {
    setText(byId("total"), formatCount(total));
    setText(byId("total-label"), this._texts.count("voters", total));
    setText(byId("watchers-count"), formatCount(watchers));
    setText(byId("watchers-label"), this._texts.count("watchers", watchers));
  }

  /** @param {View} view */
  _outcome(view) {
    return view.results.totalVoters ? this._result.outcome(shownOf(view)) : this._texts.say("noVotes");
  }

  /** @param {View} view */
  _fitOnce({ head, results }) {
    const texts = [head.question, head.originalQuestion, ...results.options.map(({ text }) => text)];
    const fitted = JSON.stringify([texts, this._result.layout]);
    if (fitted !== this._fitted) this._fit();
    this._fitted = fitted;
  }

  _fit() {
    if (!this._view) return;
    fit(this.element, (areShort) => this._result.shortenLabels(areShort));
    this._result.fit();
  }
}

/**
 * Returns results without numbers, with the options in the poll's order.
 * @param {Results} results
 * @returns {Results}
 */
export function withoutNumbers({ options }) {
  const hidden = options.map(({ id, text }) => ({ id, text, voteCount: null, percentage: null, percentageOfVoters: null, voterCount: null, voterShare: null, limit: null }));
  return { totalVotes: null, totalVoters: null, version: null, options: hidden, tally: null };
}

/**
 * @param {View} view
 * @returns {import("../kinds/kind_result.js").Shown}
 */
function shownOf({ results, head, phase, replayed }) {
  return { results, head, phase, answers: [], isReplayed: replayed !== null };
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
