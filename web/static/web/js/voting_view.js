/* Draws the voter's page from its state; see voting_state.js. Decides nothing by itself. */

import { timeLeft } from "./clock.js";
import { byId, fill, formatCount, setText, showEdit } from "./page.js";

/** @typedef {import("./voting_state.js").View} View
 *  @typedef {import("./poll_store.js").Results} Results */

/** @type {Intl.PluralRules | undefined} slow to make */
let plurals;

export class VotingView {
  /**
   * @param {Record<string, any>} texts
   * @param {import("./kinds/kind_ballot.js").KindBallot} form
   * @param {import("./kinds/kind_result.js").KindResult} result
   * @param {import("./clock.js").Clock} clock
   */
  constructor(texts, form, result, clock) {
    this._texts = texts;
    this._form = form;
    this._result = result;
    this._clock = clock;
  }

  /** @param {View} view */
  draw(view) {
    setText(byId("question"), view.head.question);
    showEdit(view.head);
    this._drawBadge(view);
    this._drawForm(view);
    this._drawFoot(view);
    this._drawResults(view);
    this.drawTimes(view);
    this._drawConnection(view);
  }

  /**
   * What changes as time goes by.
   * @param {Pick<View, "phase" | "head">} view
   */
  drawTimes({ phase, head: { opensAt, closesAt } }) {
    const isWaiting = phase === "waiting" && opensAt !== null;
    byId("opens").hidden = !isWaiting;
    if (isWaiting) {
      const { text, isCountdown } = timeLeft(opensAt, this._clock.until(opensAt));
      setText(byId("opens-words"), this._texts[isCountdown ? "opensIn" : "opensOn"]);
      setText(byId("opens-time"), text);
    }
    if (phase !== "open" || closesAt === null) return setText(byId("deadline"), "");
    const { text, isCountdown } = timeLeft(closesAt, this._clock.until(closesAt));
    setText(byId("deadline"), fill(this._texts[isCountdown ? "closesIn" : "closesOn"], { time: text }));
  }

  /** Replaces the page's content: the poll was deleted, or hidden from this person. */
  drawGone() {
    byId("voter")?.remove();
    const gone = /** @type {HTMLTemplateElement} */ (byId("gone"));
    byId("ballot-page").replaceWith(gone.content.cloneNode(true));
    document.title = `${this._texts.gone} · Tallyroom`;
    /** @type {HTMLElement} */ (document.querySelector("main h1")).focus();
    byId("connection").hidden = true;
  }

  /**
   * Moves the focus to `place` if the element that had it is gone.
   * @param {HTMLElement} place
   */
  restoreFocus(place) {
    const active = document.activeElement;
    const isLost = active === null || active === document.body || active.closest("[hidden]") !== null;
    if (isLost) place.focus({ preventScroll: true });
  }

  /**
   * A summary for screen readers: the total, and the leading options.
   * @param {View} view
   */
  summary(view) {
    if (view.areResultsHidden) return "";
    return [`${this._total(view.results)}.`, ...this._result.summary(shownOf(view))].join(" ");
  }

  /** @param {View} view */
  _drawBadge({ phase }) {
    const badge = byId("badge");
    setText(badge, this._texts.badges[phase]);
    const look = phase === "waiting" ? "draft" : phase;
    if (badge.className !== `badge badge-${look}`) badge.className = `badge badge-${look}`;
  }

  /** @param {View} view */
  _drawForm(view) {
    const { form } = this._form;
    form.dataset.phase = view.phase;
    form.dataset.mode = view.isChoosing ? "choose" : "look";
    form.dataset.results = view.areResultsHidden ? "hidden" : "shown";
    form.toggleAttribute("data-sent", view.isSending);
    form.toggleAttribute("data-voted", view.answers.length > 0);
    this._form.lock(!view.isChoosing || view.isSending);
    byId("hint").hidden = !view.isChoosing;
    byId("casting").hidden = !view.isChoosing;
    byId("counted").hidden = !view.isCounted;
    byId("with-account").hidden = !view.isWithAccount;
    byId("changing").hidden = !view.canChange || view.isConfirmingTakeBack;
    byId("taking-back").hidden = !view.canChange || !view.isConfirmingTakeBack;
    byId("keep").hidden = !view.isChanging || view.isSending;
  }

  /** @param {View} view */
  _drawFoot({ isSending, isOffline, isSlow, isChanging, isTakingBack, error }) {
    show(byId("refusal"), error);
    const isWaiting = isSending && (isOffline || isSlow);
    show(byId("kept"), isWaiting ? this._texts[isOffline ? "kept" : "keptTrying"] : "");
    const cast = byId("cast");
    setBusy(cast, isSending);
    const sending = isOffline ? "waiting" : "sending";
    setText(cast, this._texts[isSending ? sending : isChanging ? "changeVote" : "vote"]);
    setBusy(byId("take-back-now"), isTakingBack);
  }

  /** @param {View} view */
  _drawResults(view) {
    const { results, areResultsHidden, head } = view;
    this._result.draw(shownOf(view));
    const ownPlace = document.getElementById("kind-result");
    if (ownPlace) ownPlace.hidden = areResultsHidden;
    show(byId("hidden-note"), areResultsHidden ? this._texts.hiddenNotes[head.resultsVisibility] || "" : "");
    setText(byId("total"), areResultsHidden ? "" : this._total(results));
    const sharesNote = document.getElementById("shares-note");
    if (sharesNote) sharesNote.hidden = areResultsHidden;
  }

  /** @param {View} view */
  _drawConnection({ connection }) {
    const place = byId("connection");
    if (place.dataset.state !== connection) place.dataset.state = connection;
    setText(place, this._texts[connection]);
  }

  /** @param {Results} results */
  _total(results) {
    const count = results.totalVoters ?? 0;
    plurals ??= new Intl.PluralRules(document.documentElement.lang || "en");
    return fill(this._texts.total[plurals.select(count)], { count: formatCount(count) });
  }
}

/**
 * @param {View} view
 * @returns {import("./kinds/kind_result.js").Shown}
 */
function shownOf({ results, head, phase, answers }) {
  return { results, head, phase, answers, isReplayed: false };
}

/**
 * @param {HTMLElement} place
 * @param {string} text none hides it
 */
function show(place, text) {
  place.hidden = text === "";
  setText(place, text);
}

/**
 * @param {HTMLElement} button
 * @param {boolean} isBusy
 */
function setBusy(button, isBusy) {
  if (isBusy) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
}
