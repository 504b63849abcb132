/* The voter's page: connects what happens, and what the person does, to the page's state.

   `voting_actions.js` does what the person wants, `voting_state.js` holds the state, and
   `voting_view.js` draws it. A vote is shown as counted only after the server has confirmed it. */

import { Announcer } from "./announcer.js";
import { Clock } from "./clock.js";
import { SUSPENDED } from "./close_codes.js";
import { Connection } from "./connection.js";
import { answersOf } from "./kinds/answers.js";
import { RefusedError } from "./live_socket.js";
import { byId } from "./page.js";
import { PollStore } from "./poll_store.js";
import "./press_guard.js";
import { takeOver } from "./start.js";
import { VoteOutbox } from "./vote_outbox.js";
import { UnreachableError } from "./voter.js";
import { VotingActions } from "./voting_actions.js";
import { VotingState } from "./voting_state.js";
import { VotingView } from "./voting_view.js";

/** @typedef {import("./voter.js").VoterState} VoterState
 *  @typedef {import("./voting_state.js").Phase} Phase
 *  @typedef {{Ballot: typeof import("./kinds/kind_ballot.js").KindBallot,
 *    Result: typeof import("./kinds/kind_result.js").KindResult, resultId: string}} Kind
 *    what draws polls of this kind; `resultId` is the element with the results */

const PREPARE_MS = 3_000;
// When options change, every page reloads; spread over this time.
const RELOAD_WITHIN_MS = 2_000;
const MINUTE_MS = 60_000;

export class VotingPage {
  /**
   * @param {VoterState & {phase: Phase}} page as the server made it
   * @param {Record<string, any>} texts
   * @param {import("./live_socket.js").LiveSocket} socket
   * @param {any} voter see voter.js
   * @param {Kind} kind see kinds/voting_kind.js
   */
  constructor(page, texts, socket, voter, { Ballot, Result, resultId }) {
    this._texts = texts;
    this._socket = socket;
    this._voter = voter;
    this._store = new PollStore(socket, { head: page.head, revision: page.revision, results: page.poll });
    this._clock = new Clock(page.now);
    this._connection = new Connection(socket, () => this.read(), () => this.render());
    this._outbox = new VoteOutbox(page.head.id, socket, voter, (state) => this.take(state));
    this._form = new Ballot(/** @type {HTMLFormElement} */ (byId("ballot")), texts, page.head);
    this._view = new VotingView(texts, this._form, new Result(byId(resultId), texts, "vote"), this._clock);
    this._announcer = new Announcer(byId("announcer"));
    this._otherTabs = openChannel(page.head.id);
    this._state = new VotingState(page, {
      store: this._store,
      clock: this._clock,
      connection: this._connection,
      outbox: this._outbox,
      voter,
    });
    this._actions = new VotingActions(this, texts, {
      state: this._state,
      form: this._form,
      view: this._view,
      outbox: this._outbox,
      voter,
      announcer: this._announcer,
      otherTabs: this._otherTabs,
    });
    this._state.isImmediate = this._form.isImmediate;
    // Without a script, both were asked for by a link.
    this._state.isChanging = !byId("keep").hidden;
    this._state.isConfirmingTakeBack = !byId("taking-back").hidden;
    this._head = page.head;
    // The phase that is shown.
    this._phase = page.phase;
    this._hasWarned = this._clock.until(page.head.closesAt) < MINUTE_MS;
    this.isGone = false;
    this._ticking = 0;
  }

  start() {
    byId("change").addEventListener("click", (event) => this._actions.change(event, true));
    byId("keep").addEventListener("click", (event) => this._actions.change(event, false));
    byId("take-back").addEventListener("click", (event) => this._actions.confirmTakeBack(event, true));
    byId("keep-vote").addEventListener("click", (event) => this._actions.confirmTakeBack(event, false));
    if (this._otherTabs) this._otherTabs.onmessage = ({ data }) => this._actions.showCounted(answersOf({ answers: data }));
    this._store.subscribe((changes) => this._follow(changes));
    this._socket.on("signed-out", () => this._renew());
    this._socket.on("ended", ({ code }) => code === SUSPENDED && this.showSuspended());
    this._store.start();
    this._ticking = setInterval(() => this._tick(), 1_000);
    takeOver((event) => this._actions.submit(event));
    this._form.onChange = () => this._actions.sendChanges();
    this._form.form.addEventListener("input", () => this._actions.forgetError());
    // A choice made on this page replaces a ballot that an earlier visit saved.
    const saved = this._outbox.ballot ? null : this._outbox.resume(this._state.answers, this._form.isOrdered);
    if (saved) this._actions.awaitAnswer(saved);
    // Wait for the guest's session, so that the socket opens once and not first as a visitor.
    const late = new Promise((resolve) => setTimeout(resolve, PREPARE_MS));
    Promise.race([this._prepareVoter(), late]).finally(() => this._socket.start());
    this.render();
  }

  /** Draws the page, and reacts to a change of the poll's phase. */
  render() {
    if (this.isGone) return;
    const { phase } = this._state;
    if (phase !== this._phase) this._enter(phase);
    this._view.draw(this._state.view());
  }

  // Events

  /** @param {Set<string>} changes */
  _follow(changes) {
    if (changes.has("deleted")) return this.showGone();
    if (changes.has("head")) this._followHead();
    if (changes.has("results")) {
      this._announcer.summarize(() => this._view.summary(this._state.view()));
    }
    this.render();
  }

  _followHead() {
    const { head } = this._store;
    const before = this._head;
    this._head = head;
    const isSame = contentsOf(before) === contentsOf(head);
    if (!isSame && !this._form.follow(head)) {
      setTimeout(() => location.reload(), Math.random() * RELOAD_WITHIN_MS);
    }
    this._prepareVoter();
  }

  /** @param {Phase} phase */
  _enter(phase) {
    const before = this._phase;
    this._phase = phase;
    if (phase === "closed") {
      this._state.isChanging = false;
      this._announcer.announce(this._texts.nowClosed);
      if (!this._state.isSending) this._form.choose(this._state.answers);
    } else if (phase === "open") {
      this._prepareVoter();
      if (before === "waiting") this._announcer.announce(this._texts.nowOpen);
    }
  }

  /** Makes a visitor who may vote a guest, ahead of the vote. */
  async _prepareVoter() {
    if (this._voter.person || !["open", "waiting"].includes(this._state.phase)) return;
    // If this fails, the vote tries again.
    await this._voter.prepare().catch(ignoreNoAnswer);
  }

  async _renew() {
    try {
      await this._readWith(() => this._voter.renew());
      await this._prepareVoter();
      this._socket.reconnect();
    } catch (error) {
      ignoreNoAnswer(error);
    }
  }

  showSuspended() {
    this._connection.end();
    this._actions.showError(this._texts.refusals["account.suspended"]);
  }

  /** Reads the poll and this person's vote over HTTP. */
  async read() {
    try {
      await this._readWith(() => this._voter.read());
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (error.code === "poll.not_found") this.showGone();
    }
  }

  /** @param {() => Promise<VoterState | null>} request */
  async _readWith(request) {
    const answers = this._actions.answeredCount;
    const state = await request();
    // A read that began before the last answer may be older than it.
    if (state) this.take(state, answers === this._actions.answeredCount);
  }

  /** @param {VoterState} state */
  take(state, knowsVotes = true) {
    this._clock.set(state.now);
    this._store.take(state);
    if (knowsVotes && !this._state.isSending) {
      this._state.answers = answersOf(state);
      this._state.hasVoted = state.hasVoted;
    }
    this.render();
  }

  _tick() {
    const { head } = this._store;
    if (this._phase === "open" && !this._hasWarned && this._clock.until(head.closesAt) < MINUTE_MS) {
      this._hasWarned = true;
      if (this._state.canStillVote) this._announcer.announce(this._texts.oneMinute);
    }
    if (this._state.phase !== this._phase) this.render();
    else this._view.drawTimes({ phase: this._phase, head });
  }

  showGone() {
    if (this.isGone) return;
    this.isGone = true;
    clearInterval(this._ticking);
    this._connection.end();
    this._view.drawGone();
  }
}

/** @param {unknown} error */
function ignoreNoAnswer(error) {
  if (!(error instanceof UnreachableError || error instanceof RefusedError)) throw error;
}

/**
 * What a ballot is made from.
 * @param {import("./poll_store.js").PollHead} head
 */
function contentsOf({ kind, options, maxChoices, settings }) {
  return JSON.stringify([kind, options, maxChoices, settings]);
}

/**
 * Opens a channel to the other tabs with this poll, for what is counted.
 * @param {string} pollId
 */
function openChannel(pollId) {
  return "BroadcastChannel" in window ? new BroadcastChannel(`tallyroom.votes.${pollId}`) : null;
}
