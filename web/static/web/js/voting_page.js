/* The voter's page: one poll, one person, and what they may do just now.

   `render()` puts everything on the page that follows from how things stand; nothing else
   touches what is shown. A vote counts as counted when the server has said so, not before. */

import { Announcer } from "./announcer.js";
import { BallotBox, isSame } from "./ballot_box.js";
import { BallotForm } from "./ballot_form.js";
import { Bars } from "./bars.js";
import { Clock, timeLeft } from "./clock.js";
import { Line } from "./line.js";
import { RefusedError } from "./live_socket.js";
import { fill, formatCount, formatPercentage, newKey, showEdit } from "./page.js";
import { PollStore } from "./poll_store.js";
import "./press_guard.js";
import { takeOver } from "./start.js";
import { UnreachableError } from "./voter.js";

/** @typedef {import("./voter.js").VoterState} VoterState
 *  @typedef {"draft" | "hidden" | "waiting" | "open" | "closed"} Phase */

// Longer without an answer, and people are told that their vote is kept.
const SLOW_MS = 4_000;
const GREETING_MS = 3_000;
// The options have changed: everybody reads the page again, but not all at once.
const RELOAD_WITHIN_MS = 2_000;
const SUMMARY_OPTIONS = 5;
const MINUTE_MS = 60_000;
// The close code that says so.
const SUSPENDED = 4503;

/** @type {Intl.PluralRules | undefined} slow to make */
let plurals;
const byId = (/** @type {string} */ id) => document.getElementById(id);

export class VotingPage {
  /**
   * @param {VoterState & {phase: Phase}} page as the server made it
   * @param {Record<string, any>} texts
   * @param {import("./live_socket.js").LiveSocket} socket
   * @param {any} voter see voter.js
   */
  constructor(page, texts, socket, voter) {
    this._texts = texts;
    this._socket = socket;
    this._voter = voter;
    this._store = new PollStore(socket, { head: page.head, revision: page.revision, results: page.poll });
    this._clock = new Clock(page.now);
    this._line = new Line(socket, () => this.read(), () => this.render());
    this._box = new BallotBox(page.head.id, socket, voter, (state) => this._take(state));
    this._bars = new Bars(byId("options"));
    this._form = new BallotForm(byId("ballot"), texts, page.head);
    this._announcer = new Announcer(byId("announcer"));
    this._others = openChannel(page.head.id);
    // A moderator has hidden it; whoever sees the page nevertheless can't vote.
    this._isHidden = page.phase === "hidden";
    this._phase = page.phase;
    this._votes = page.votes;
    // Without any votes to show: they are those of the account that this guest was merged into.
    this._hasVoted = page.hasVoted;
    // How often an answer to this person's own doing has said what is counted.
    this._answers = 0;
    this._isChanging = !byId("keep").hidden;
    this._isSlow = false;
    this._isTakingBack = false;
    // Asked whether to, after which the vote is taken back.
    this._asksToTakeBack = !byId("taking-back").hidden;
    this._hasWarned = this._clock.until(page.head.closesAt) < MINUTE_MS;
    this._refusal = "";
    this._isGone = false;
    this._ticking = 0;
  }

  start() {
    byId("change").addEventListener("click", (event) => this._change(event, true));
    byId("keep").addEventListener("click", (event) => this._change(event, false));
    byId("take-back").addEventListener("click", (event) => this._askToTakeBack(event, true));
    byId("keep-vote").addEventListener("click", (event) => this._askToTakeBack(event, false));
    byId("table").addEventListener("toggle", () => this._renderTable());
    if (this._others) this._others.onmessage = ({ data }) => this._counted(data);
    this._store.subscribe((changes) => this._follow(changes));
    this._socket.on("signed-out", () => this._renew());
    this._socket.on("ended", ({ code }) => code === SUSPENDED && this._sayWhyItEnded());
    this._store.start();
    this._ticking = setInterval(() => this._tick(), 1_000);
    takeOver((event) => this._submit(event));
    // What was just chosen counts for more than what an earlier visit left behind.
    const kept = this._box.ballot ? null : this._box.resume(this._votes);
    if (kept) this._await(kept);
    // With a socket of one's own from the start, rather than a visitor's first; but not too late.
    const late = new Promise((resolve) => setTimeout(resolve, GREETING_MS));
    Promise.race([this._greet(), late]).finally(() => this._socket.start());
    this.render();
  }

  // What happens

  /** @param {Set<string>} changes */
  _follow(changes) {
    if (changes.has("deleted")) return this._sayGone();
    if (changes.has("head")) this._followHead();
    if (changes.has("results")) this._announcer.summarize(() => this._summary());
    this.render();
  }

  _followHead() {
    const { head } = this._store;
    const shown = Array.from(byId("options").children, (row) => row.dataset.option);
    const texts = Array.from(byId("options").querySelectorAll(".bar-label"), (label) => label.textContent);
    const isSameText = head.options.every((option, index) => option.text === texts[index]);
    if (!isSame(shown, head.options.map((option) => option.id)) || !isSameText) {
      setTimeout(() => location.reload(), Math.random() * RELOAD_WITHIN_MS);
    }
    this._greet();
  }

  /** Nobody has to say who they are, but whoever may vote has to be somebody. */
  async _greet() {
    if (this._voter.person || !["open", "waiting"].includes(this._phaseNow())) return;
    // If this fails, the vote tries again.
    await this._voter.greet().catch(ignoreNoAnswer);
  }

  async _renew() {
    try {
      await this._learn(() => this._voter.renew());
      await this._greet();
      this._socket.reconnect();
    } catch (error) {
      ignoreNoAnswer(error);
    }
  }

  _sayWhyItEnded() {
    this._line.end();
    this._refuse(this._texts.refusals["account.suspended"]);
  }

  /** Reads how things stand by another way than the socket. */
  async read() {
    try {
      await this._learn(() => this._voter.read());
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (error.code === "poll.not_found") this._sayGone();
    }
  }

  /** @param {() => Promise<VoterState | null>} ask reads how things stand */
  async _learn(ask) {
    const answers = this._answers;
    const state = await ask();
    // Asked before the last answer, it may not know yet what that said.
    if (state) this._take(state, answers === this._answers);
  }

  /** @param {VoterState} state */
  _take(state, knowsVotes = true) {
    this._clock.set(state.now);
    this._store.take(state);
    if (knowsVotes && !this._box.ballot) {
      this._votes = state.votes;
      this._hasVoted = state.hasVoted;
    }
    this.render();
  }

  _tick() {
    const { closesAt } = this._store.head;
    if (this._phase === "open" && !this._hasWarned && this._clock.until(closesAt) < MINUTE_MS) {
      this._hasWarned = true;
      if (this._canStillVote()) this._announcer.announce(this._texts.oneMinute);
    }
    this._renderTimes();
    if (this._phaseNow() !== this._phase) this.render();
  }

  // What the person does

  /** @param {SubmitEvent} event */
  _submit(event) {
    event.preventDefault();
    if (this._box.ballot || this._isTakingBack) return;
    if (event.submitter === byId("take-back-now")) return void this._takeBack();
    const { chosen } = this._form;
    if (chosen.length === 0) return this._refuse(this._texts.chooseFirst, () => this._form.focus());
    if (this._votes.length && isSame(chosen, this._votes)) return this._change(event, false);
    this._await(this._box.put(chosen));
  }

  /**
   * @param {Event} event
   * @param {boolean} isChanging
   */
  _change(event, isChanging) {
    event.preventDefault();
    this._isChanging = isChanging;
    this._refusal = "";
    this._form.choose(this._votes);
    this.render();
    if (isChanging) this._form.focus();
    else byId("counted").focus();
  }

  /**
   * @param {Event} event
   * @param {boolean} asks
   */
  _askToTakeBack(event, asks) {
    event.preventDefault();
    this._asksToTakeBack = asks;
    this.render();
    // Not onto the button that does it, which a second press of the same key would press.
    byId(asks ? "keep-vote" : "take-back").focus();
  }

  /**
   * Waits for the answer to a vote that is on its way.
   * @param {Promise<string[]>} answer
   */
  async _await(answer) {
    this._refusal = "";
    this._isSlow = false;
    const slow = setTimeout(() => {
      this._isSlow = true;
      this.render();
    }, SLOW_MS);
    this._form.choose(this._box.ballot.optionIds);
    this.render();
    try {
      this._counted(await answer);
      this._others?.postMessage(this._votes);
      this._focusUnless(byId("counted"));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this._refused(error);
    } finally {
      clearTimeout(slow);
      this.render();
    }
  }

  /** @param {string[]} votes as the server has them */
  _counted(votes, hasVoted = votes.length > 0) {
    this._votes = votes;
    this._hasVoted = hasVoted;
    this._asksToTakeBack = false;
    this._answers += 1;
    this._isChanging = false;
    this._form.choose(votes);
    if (hasVoted) this._announcer.announce(`${this._texts.counted}.`);
    this.render();
  }

  async _takeBack() {
    this._isTakingBack = true;
    this._refusal = "";
    this.render();
    try {
      this._take(await this._voter.takeBack(newKey()));
      this._answers += 1;
      this._asksToTakeBack = false;
      this._others?.postMessage(this._votes);
      this._form.choose([]);
      this._announcer.announce(this._texts.takenBack);
      this._form.lock(false);
      this._form.focus();
    } catch (error) {
      if (error instanceof UnreachableError) this._refuse(this._texts.unreachable);
      else if (error instanceof RefusedError) this._refused(error);
      else throw error;
    } finally {
      this._isTakingBack = false;
      this.render();
    }
  }

  /** @param {RefusedError} error */
  _refused(error) {
    const { code, frame } = error;
    if (code === "poll.not_found") return this._sayGone();
    if (code === "vote.duplicate" && frame.votes) {
      this._counted(frame.votes.map((vote) => vote.pollOptionId), true);
      return this._refuse(this._texts.standing);
    }
    if (code === "vote.not_found") this._counted([]);
    if (code === "account.suspended") return this._sayWhyItEnded();
    if (code === "poll.closed") return this._refuse(this._hasVoted ? this._texts.changeTooLate : this._texts.closedBefore);
    const own = { form_expired: this._texts.formExpired, somebody_else: this._texts.somebodyElse };
    this._refuse(own[code] || this._texts.refusals[code] || this._texts.refusals["request.invalid"]);
  }

  /**
   * @param {string} sentence
   * @param {() => void} [then]
   */
  _refuse(sentence, then) {
    this._refusal = sentence;
    this.render();
    then?.();
  }

  // What is shown

  /** @returns {Phase} by the clock, too: a deadline counts from the moment it passes */
  _phaseNow() {
    const { state, opensAt, closesAt } = this._store.head;
    if (this._isHidden) return "hidden";
    if (state !== "open") return state;
    if (closesAt !== null && this._clock.until(closesAt) <= 0) return "closed";
    return opensAt !== null && this._clock.until(opensAt) > 0 ? "waiting" : "open";
  }

  _canStillVote() {
    return !this._hasVoted || this._isChanging;
  }

  render() {
    if (this._isGone) return;
    this._renderPhase();
    this._renderForm();
    this._renderFoot();
    this._renderResults();
    this._renderTimes();
    this._renderLine();
  }

  _renderPhase() {
    const { head } = this._store;
    const phase = this._phaseNow();
    setText(byId("question"), head.question);
    showEdit(head);
    if (phase === this._phase) return;
    const before = this._phase;
    this._phase = phase;
    setText(byId("badge"), this._texts.badges[phase]);
    byId("badge").className = `badge badge-${["open", "closed"].includes(phase) ? phase : "draft"}`;
    if (phase === "closed") {
      this._isChanging = false;
      this._announcer.announce(this._texts.nowClosed);
    } else if (phase === "open") {
      this._greet();
      if (before === "waiting") this._announcer.announce(this._texts.nowOpen);
    }
    if (phase === "closed" && !this._box.ballot) this._form.choose(this._votes);
  }

  _renderForm() {
    const isOpen = this._phase === "open" && this._line.state !== "ended" && this._voter.canVote;
    const chooses = isOpen && this._canStillVote();
    const { form } = this._form;
    form.dataset.phase = this._phase;
    form.dataset.mode = chooses ? "choose" : "look";
    form.dataset.results = this._store.isHidden ? "hidden" : "shown";
    form.toggleAttribute("data-sent", Boolean(this._box.ballot));
    this._form.lock(!chooses || Boolean(this._box.ballot));
    byId("hint").hidden = !chooses;
    byId("casting").hidden = !chooses;
    const isCounted = this._hasVoted && !chooses;
    const isWithAccount = this._hasVoted && this._votes.length === 0;
    byId("counted").hidden = !isCounted;
    byId("with-account").hidden = !isWithAccount;
    const canChange = this._store.head.allowChange && isOpen && this._votes.length > 0;
    byId("changing").hidden = !canChange || this._asksToTakeBack;
    byId("taking-back").hidden = !canChange || !this._asksToTakeBack;
    byId("keep").hidden = !this._isChanging || Boolean(this._box.ballot);
  }

  _renderFoot() {
    const { state } = this._line;
    const isSending = Boolean(this._box.ballot);
    const isOff = state === "offline" || !navigator.onLine;
    show(byId("refusal"), this._refusal);
    show(byId("kept"), isSending && (isOff || this._isSlow) ? this._texts[isOff ? "kept" : "keptTrying"] : "");
    const cast = byId("cast");
    setBusy(cast, isSending);
    const sending = isOff ? "waiting" : "sending";
    setText(cast, this._texts[isSending ? sending : this._isChanging ? "changeVote" : "vote"]);
    setBusy(byId("take-back-now"), this._isTakingBack);
  }

  _renderResults() {
    const { results, isHidden, head } = this._store;
    this._bars.show(results, this._votes);
    byId("table").hidden = isHidden;
    this._renderTable();
    show(byId("hidden-note"), isHidden ? this._texts.hiddenNotes[head.resultsVisibility] || "" : "");
    setText(byId("total"), isHidden ? "" : this._total());
    const sharesNote = document.getElementById("shares-note");
    if (sharesNote) sharesNote.hidden = isHidden;
  }

  _renderTable() {
    if (!(/** @type {HTMLDetailsElement} */ (byId("table")).open)) return;
    const rows = Array.from(byId("table-rows").children);
    this._store.results.options.forEach(({ text, voteCount, percentage }, index) => {
      const [label, count, share] = rows[index]?.children ?? [];
      if (!label) return;
      setText(label, text);
      setText(count, voteCount === null ? "" : formatCount(voteCount));
      setText(share, percentage === null ? "" : formatPercentage(percentage));
    });
  }

  _renderTimes() {
    const { opensAt, closesAt } = this._store.head;
    const isWaiting = this._phase === "waiting" && opensAt !== null;
    byId("opens").hidden = !isWaiting;
    if (isWaiting) {
      const { text, isCountdown } = timeLeft(opensAt, this._clock.until(opensAt));
      setText(byId("opens-words"), this._texts[isCountdown ? "opensIn" : "opensOn"]);
      setText(byId("opens-time"), text);
    }
    const isClosing = this._phase === "open" && closesAt !== null;
    if (!isClosing) return setText(byId("deadline"), "");
    const { text, isCountdown } = timeLeft(closesAt, this._clock.until(closesAt));
    setText(byId("deadline"), fill(this._texts[isCountdown ? "closesIn" : "closesOn"], { time: text }));
  }

  _renderLine() {
    const { state } = this._line;
    const place = byId("connection");
    if (place.dataset.state === state && place.textContent === this._texts[state]) return;
    place.dataset.state = state;
    setText(place, this._texts[state]);
  }

  _sayGone() {
    if (this._isGone) return;
    this._isGone = true;
    clearInterval(this._ticking);
    this._line.end();
    byId("voter")?.remove();
    byId("ballot-page").replaceWith(byId("gone").content.cloneNode(true));
    document.title = `${this._texts.gone} · Tallyroom`;
    document.querySelector("main h1").focus();
    byId("connection").hidden = true;
  }

  /**
   * Where what had the focus is no longer there, it goes on from here.
   * @param {HTMLElement} place
   */
  _focusUnless(place) {
    const active = document.activeElement;
    const isLost = active === null || active === document.body || active.closest("[hidden]") !== null;
    if (isLost) place.focus({ preventScroll: true });
  }

  _total() {
    const count = this._store.results.totalVoters ?? 0;
    plurals ??= new Intl.PluralRules(document.documentElement.lang || "en");
    return fill(this._texts.total[plurals.select(count)], { count: formatCount(count) });
  }

  /** What a screen reader says now and then: the total, and who leads. */
  _summary() {
    if (this._store.isHidden) return "";
    const leading = [...this._store.results.options]
      .sort((one, other) => other.voteCount - one.voteCount)
      .slice(0, SUMMARY_OPTIONS)
      .map(({ text, percentage }) =>
        fill(this._texts.summaryItem, { option: text, percentage: formatPercentage(percentage) }),
      );
    return [`${this._total()}.`, ...leading].join(" ");
  }
}

/** @param {unknown} error */
function ignoreNoAnswer(error) {
  if (!(error instanceof UnreachableError || error instanceof RefusedError)) throw error;
}

/**
 * Tells the same browser's other tabs of this poll what is counted.
 * @param {string} pollId
 */
function openChannel(pollId) {
  return "BroadcastChannel" in window ? new BroadcastChannel(`tallyroom.votes.${pollId}`) : null;
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
 * @param {HTMLElement} place
 * @param {string} text
 */
function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/**
 * @param {HTMLElement} button
 * @param {boolean} isBusy
 */
function setBusy(button, isBusy) {
  if (isBusy) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
}
