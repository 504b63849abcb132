/* Draws the results page of a poll as it changes. */

import { Announcer } from "../announcer.js";
import { fill, formatCount, formatShare, showEdit } from "../page.js";
import { phaseOf } from "../poll_store.js";

/** @typedef {import("../poll_store.js").PollStore} PollStore
 *  @typedef {import("../poll_store.js").Change} Change */

const plurals = new Intl.PluralRules(document.documentElement.lang || "en");

export class ResultsView {
  /**
   * @param {PollStore} store
   * @param {import("../clock.js").Clock} clock
   * @param {Record<string, any>} texts
   * @param {import("../kinds/kind_result.js").KindResult} result draws the results
   */
  constructor(store, clock, texts, result) {
    this._store = store;
    this._clock = clock;
    this._texts = texts;
    this._result = result;
    this._announcer = new Announcer(place("#announcer"));
    // No event announces that a deadline has passed.
    this._watch = setInterval(() => this._showPhase(), 1000);
    this._isGone = false;
  }

  /** @param {Set<Change>} changes */
  show(changes) {
    if (this._isGone) return;
    if (changes.has("deleted")) return this._showGone();
    if (changes.has("watchers")) this._showWatchers();
    if (changes.has("head")) this._showHead();
    if (changes.has("results")) {
      this._showResults();
      this._announcer.summarize(() => this._summary());
    }
  }

  showAll() {
    this._showPhase();
    this._showResults();
  }

  /** @param {string} state */
  showConnection(state) {
    if (this._isGone) return;
    const line = place("#connection");
    line.dataset.state = state;
    line.textContent = this._texts[state];
  }

  /** @param {number} count */
  showVoters(count) {
    if (this._isGone) return;
    setText("#voters", formatCount(count));
    setText("#voters-label", this._texts.voters[plurals.select(count)]);
  }

  _showResults() {
    const { results, head } = this._store;
    this._result.draw(this._shown());
    setText("#leading", this._summary());
    this.showVoters(results.totalVoters ?? 0);
    if (head.kind === "multiple") setText("#total", formatCount(results.totalVotes ?? 0));
  }

  _showHead() {
    setText("#question", this._store.head.question);
    showEdit(this._store.head);
    this._showPhase();
    this._showMoments(this._phase());
  }

  _showPhase() {
    const phase = this._phase();
    const frame = place("#poll");
    if (frame.dataset.phase === phase) return;
    frame.dataset.phase = phase;
    const badge = document.querySelector("[data-badge]");
    // A poll that a moderator has hidden has no badge for its phase.
    if (badge) {
      badge.textContent = this._texts.phases[phase];
      badge.className = `badge badge-${phase === "waiting" ? "draft" : phase}`;
    }
    for (const each of frame.querySelectorAll("[data-when]")) {
      const action = /** @type {HTMLElement} */ (each);
      action.hidden = !(action.dataset.when || "").split(" ").includes(phase);
    }
    this._showMoments(phase);
  }

  /**
   * Sets the upcoming times, which js/manage/moments.js formats.
   * @param {string} phase
   */
  _showMoments(phase) {
    const { opensAt, closesAt } = this._store.head;
    setMoment("opens", phase === "waiting" || phase === "draft" ? opensAt : null);
    setMoment("closes", phase === "closed" ? null : closesAt);
  }

  _phase() {
    return phaseOf(this._store.head, this._clock);
  }

  _showWatchers() {
    // Without the reader of this page.
    setText("#watchers", formatCount(Math.max(0, this._store.watchers - 1)));
  }

  _showGone() {
    // The page's elements are removed.
    this._isGone = true;
    clearInterval(this._watch);
    const gone = /** @type {HTMLTemplateElement} */ (document.getElementById("gone"));
    const main = /** @type {HTMLElement} */ (document.getElementById("main"));
    main.replaceChildren(gone.content.cloneNode(true));
    main.querySelector("h1")?.focus();
  }

  /** @returns {import("../kinds/kind_result.js").Shown} */
  _shown() {
    const { results, head } = this._store;
    return { results, head, phase: this._phase(), answers: [], isReplayed: false };
  }

  _summary() {
    const { options, totalVotes } = this._store.results;
    if (!totalVotes) return this._texts.nothing;
    if (document.getElementById("kind-result")) return this._result.summary(this._shown())[0] ?? "";
    const most = Math.max(...options.map((option) => option.voteCount ?? 0));
    const leading = options.filter((option) => option.voteCount === most);
    const share = formatShare(leading[0].percentage ?? 0);
    if (leading.length === 1) return fill(this._texts.leading, { option: leading[0].text, share });
    const sentence = this._texts.level[plurals.select(leading.length)];
    return fill(sentence, { count: formatCount(leading.length), share });
  }
}

/**
 * @param {string} kind
 * @param {string | null} at
 */
function setMoment(kind, at) {
  const known = /** @type {HTMLElement | null} */ (document.querySelector(`#poll [data-moment=${kind}]`));
  if (!at) return known?.remove();
  const moment = known ?? Object.assign(document.createElement("span"), { className: "moment numbers" });
  Object.assign(moment.dataset, { moment: kind, at });
  if (!known) document.querySelector("[data-badge]")?.after(moment);
}

/**
 * @param {string} selector
 * @returns {HTMLElement}
 */
function place(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector));
}

/**
 * @param {string} selector
 * @param {string} text
 */
function setText(selector, text) {
  const element = document.querySelector(selector);
  if (element && element.textContent !== text) element.textContent = text;
}
