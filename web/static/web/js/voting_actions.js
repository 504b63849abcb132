/* What the person does on the voting page, and how the server answers. */

import { answersOf, isSameBallot } from "./kinds/answers.js";
import { RefusedError } from "./live_socket.js";
import { byId, newKey } from "./page.js";
import { UnreachableError } from "./voter.js";

/** @typedef {import("./kinds/answers.js").Answer} Answer
 *  @typedef {{isGone: boolean, render: () => void, showGone: () => void, showSuspended: () => void,
 *    take: (state: import("./voter.js").VoterState) => void}} Page what it needs of the voting page */

// After this long without an answer, the page says that the vote is saved on the device.
const SLOW_MS = 4_000;

export class VotingActions {
  /**
   * @param {Page} page
   * @param {Record<string, any>} texts
   * @param {{state: import("./voting_state.js").VotingState,
   *   form: import("./kinds/kind_ballot.js").KindBallot,
   *   view: import("./voting_view.js").VotingView,
   *   outbox: import("./vote_outbox.js").VoteOutbox, voter: any,
   *   announcer: import("./announcer.js").Announcer, otherTabs: BroadcastChannel | null}} parts
   */
  constructor(page, texts, { state, form, view, outbox, voter, announcer, otherTabs }) {
    this._page = page;
    this._texts = texts;
    this._state = state;
    this._form = form;
    this._view = view;
    this._outbox = outbox;
    this._voter = voter;
    this._announcer = announcer;
    this._otherTabs = otherTabs;
    // How many of this person's own requests have been answered with what is counted.
    this.answeredCount = 0;
  }

  /** @param {SubmitEvent} event */
  submit(event) {
    event.preventDefault();
    if (this._state.isSending || this._state.isTakingBack) return;
    if (event.submitter === byId("take-back-now")) return void this._takeBack();
    const { answers, problem, isOrdered } = this._form;
    if (problem) {
      this.showError(problem);
      return this._form.focus();
    }
    const own = this._state.answers;
    if (own.length && isSameBallot(answers, own, isOrdered)) return this.change(event, false);
    this.awaitAnswer(this._outbox.put(answers));
  }

  /** Sends a ballot that is changed all the time: the newest one, as soon as the last is counted. */
  async sendChanges() {
    // The loop of an earlier change goes on.
    if (this._state.isSending || this._state.isTakingBack) return;
    while (!this._page.isGone && !isSameBallot(this._form.answers, this._state.answers)) {
      const { answers } = this._form;
      await (answers.length ? this.awaitAnswer(this._outbox.put(answers)) : this._takeBack());
      if (this._state.error) return this._form.revert(this._state.answers);
    }
  }

  /**
   * @param {Event} event
   * @param {boolean} isChanging
   */
  change(event, isChanging) {
    event.preventDefault();
    this._state.isChanging = isChanging;
    this._state.error = "";
    this._form.choose(this._state.answers);
    this._page.render();
    if (isChanging) this._form.focus();
    else byId("counted").focus();
  }

  /**
   * @param {Event} event
   * @param {boolean} isConfirming
   */
  confirmTakeBack(event, isConfirming) {
    event.preventDefault();
    this._state.isConfirmingTakeBack = isConfirming;
    this._page.render();
    // Not the confirming button: a second press of the same key would press it.
    byId(isConfirming ? "keep-vote" : "take-back").focus();
  }

  /**
   * Waits for the answer to a ballot that is being sent.
   * @param {Promise<Answer[]>} answer
   */
  async awaitAnswer(answer) {
    this._state.error = "";
    this._state.isSlow = false;
    const slow = setTimeout(() => {
      this._state.isSlow = true;
      this._page.render();
    }, SLOW_MS);
    this._form.choose(this._outbox.ballot?.answers ?? []);
    this._page.render();
    try {
      this.showCounted(await answer);
      this._otherTabs?.postMessage(this._state.answers);
      this._view.restoreFocus(byId("counted"));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this._handleRefusal(error);
    } finally {
      clearTimeout(slow);
      this._page.render();
    }
  }

  async _takeBack() {
    this._state.isTakingBack = true;
    this._state.error = "";
    this._page.render();
    try {
      this._page.take(await this._voter.takeBack(newKey()));
      this.answeredCount += 1;
      this._state.isConfirmingTakeBack = false;
      this._otherTabs?.postMessage(this._state.answers);
      this._form.choose([]);
      this._announcer.announce(this._texts.takenBack);
      if (!this._form.isImmediate) {
        this._form.lock(false);
        this._form.focus();
      }
    } catch (error) {
      if (error instanceof UnreachableError) this.showError(this._texts.unreachable);
      else if (error instanceof RefusedError) this._handleRefusal(error);
      else throw error;
    } finally {
      this._state.isTakingBack = false;
      this._page.render();
    }
  }

  // Outcomes

  /** @param {Answer[]} answers as the server has them */
  showCounted(answers, hasVoted = answers.length > 0) {
    this._state.answers = answers;
    this._state.hasVoted = hasVoted;
    this._state.isConfirmingTakeBack = false;
    this.answeredCount += 1;
    this._state.isChanging = false;
    this._form.choose(answers);
    if (hasVoted) this._announcer.announce(`${this._texts.counted}.`);
    this._page.render();
  }

  /** @param {RefusedError} error */
  _handleRefusal({ code, frame }) {
    if (code === "poll.not_found") return this._page.showGone();
    if (code === "account.suspended") return this._page.showSuspended();
    if (code === "vote.not_found") this.showCounted([]);
    if (code === "vote.duplicate" && frame.votes) {
      this.showCounted(answersOf(frame), true);
      return this.showError(this._texts.standing);
    }
    this.showError(this._sentence(code));
  }

  /** @param {string} code */
  _sentence(code) {
    /** @type {Record<string, string>} */
    const own = {
      "poll.closed": this._texts[this._state.hasVoted ? "changeTooLate" : "closedBefore"],
      form_expired: this._texts.formExpired,
      somebody_else: this._texts.somebodyElse,
    };
    const { refusals } = this._texts;
    return own[code] || refusals[code] || refusals["request.invalid"];
  }

  /** An answer that is being corrected. */
  forgetError() {
    if (!this._state.error) return;
    this._state.error = "";
    this._page.render();
  }

  /** @param {string} sentence */
  showError(sentence) {
    this._state.error = sentence;
    this._page.render();
  }
}
