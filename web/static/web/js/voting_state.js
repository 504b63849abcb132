/* The state of the voter's page: what it knows of the poll and of this person, and what follows
   from that. It shows nothing; see voting_view.js. */

import { answersOf } from "./kinds/answers.js";
import { phaseOf } from "./poll_store.js";

/** @typedef {import("./poll_store.js").Phase | "hidden"} Phase
 *  @typedef {{phase: Phase, head: import("./poll_store.js").PollHead,
 *    results: import("./poll_store.js").Results, areResultsHidden: boolean, answers: import("./kinds/answers.js").Answer[],
 *    connection: import("./connection.js").ConnectionState, isOffline: boolean, isChoosing: boolean,
 *    isChanging: boolean, isSending: boolean, isSlow: boolean, isCounted: boolean,
 *    isWithAccount: boolean, canChange: boolean, isConfirmingTakeBack: boolean,
 *    isTakingBack: boolean, error: string}} View */

export class VotingState {
  /**
   * @param {import("./voter.js").VoterState & {phase: Phase}} page as the server made it
   * @param {{store: import("./poll_store.js").PollStore, clock: import("./clock.js").Clock,
   *   connection: import("./connection.js").Connection, outbox: import("./vote_outbox.js").VoteOutbox, voter: any}} parts
   */
  constructor(page, { store, clock, connection, outbox, voter }) {
    this._store = store;
    this._clock = clock;
    this._connection = connection;
    this._outbox = outbox;
    this._voter = voter;
    // Hidden by a moderator: its creator and staff still see the page, but nobody can vote.
    this._isHidden = page.phase === "hidden";
    this.answers = answersOf(page);
    // True without answers to show when they belong to the account that this guest was merged into.
    this.hasVoted = page.hasVoted;
    this.isChanging = false;
    // The ballot can be changed at any time, without asking for it.
    this.isImmediate = false;
    // No response for so long that the page says that the vote is saved.
    this.isSlow = false;
    this.isConfirmingTakeBack = false;
    this.isTakingBack = false;
    this.error = "";
  }

  /** @returns {Phase} by the clock, too: a deadline counts from the moment it passes */
  get phase() {
    return this._isHidden ? "hidden" : phaseOf(this._store.head, this._clock);
  }

  /** Whether a vote is on its way. */
  get isSending() {
    return this._outbox.ballot !== null;
  }

  get canStillVote() {
    return !this.hasVoted || this.isChanging || this.isImmediate;
  }

  /**
   * What the page shows.
   * @returns {View}
   */
  view() {
    const { head, results, isHidden } = this._store;
    const connection = this._connection.state;
    const isOpen = this.phase === "open" && connection !== "ended" && this._voter.canVote;
    const isChoosing = isOpen && this.canStillVote;
    return {
      phase: this.phase,
      head,
      results,
      areResultsHidden: isHidden,
      answers: this.answers,
      connection,
      isOffline: connection === "offline" || !navigator.onLine,
      isChoosing,
      isChanging: this.isChanging,
      isSending: this.isSending,
      isSlow: this.isSlow,
      isCounted: this.hasVoted && !isChoosing,
      isWithAccount: this.hasVoted && this.answers.length === 0,
      canChange: head.allowChange && isOpen && this.answers.length > 0,
      isConfirmingTakeBack: this.isConfirmingTakeBack,
      isTakingBack: this.isTakingBack,
      error: this.error,
    };
  }
}
