/* A poll in a message, to vote on in place. It shows the same tally, from the same frames, as the
   poll's own page, and stores a vote in the same way. */

import { Bars } from "../bars.js";
import { Clock } from "../clock.js";
import { RefusedError } from "../live_socket.js";
import { setText } from "../page.js";
import { phaseOf, PollStore } from "../poll_store.js";
import { answersOf, isSameBallot } from "../kinds/answers.js";
import { VoteOutbox } from "../vote_outbox.js";
import { drawChoices, tick } from "./card_choices.js";
import { CardFrame } from "./card_frame.js";
import { cardVoter } from "./card_voter.js";
import { isPlain, noteOf, offerOf } from "./card_texts.js";
import { part, show } from "./part.js";

/** @typedef {import("../voter.js").VoterState & {phase: string, hint: string, urls: Record<string, string>}} CardState
 *  @typedef {{socket: import("../live_socket.js").LiveSocket, read: (pollId: string) => Promise<CardState>,
 *    texts: import("./texts.js").Texts, person: () => import("./room_store.js").Person | null,
 *    ensurePerson: () => Promise<unknown>, ownPollId: string | null,
 *    keepInView: (element: HTMLElement) => void}} Parts
 *    `ownPollId` is the poll of the page, which stays subscribed */

export class PollCard {
  /**
   * @param {string} pollId
   * @param {Parts} parts
   */
  constructor(pollId, parts) {
    this._pollId = pollId;
    this._parts = parts;
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("card-template"));
    this.element = /** @type {HTMLFormElement} */ (template.content.firstElementChild?.cloneNode(true));
    /** @type {PollStore | null} */
    this._store = null;
    /** @type {(() => void) | null} */
    this._stop = null;
    /** @type {import("../kinds/answers.js").Answer[]} */
    this._answers = [];
    this._hasVoted = false;
    this._isChanging = false;
    this._error = "";
    this._isSeen = false;
    // The page of this poll, other cards of it, and other tabs.
    this._others = "BroadcastChannel" in window ? new BroadcastChannel(`tallyroom.votes.${pollId}`) : null;
    if (this._others) this._others.onmessage = ({ data }) => this._followOthers(answersOf({ answers: data }));
    this._frame = new CardFrame(part(this.element, ".card-ballot-place"), {
      onFail: () => this._fail("unreachable"),
      onSize: (hasCollapsed) => this._keepInView(hasCollapsed),
    });
    this._ballotUrl = "";
    this._hint = "";
    this._isHiddenPoll = false;
    this._toggleButton = part(this.element, ".card-toggle");
    this._toggleButton.addEventListener("click", () => this._toggle());
    this.element.addEventListener("submit", (event) => this._submitted(event));
    part(this.element, ".card-change").addEventListener("click", () => this._change());
    this._watcher = new IntersectionObserver((entries) => this._look(entries.at(-1)?.isIntersecting ?? false));
    this._watcher.observe(this.element);
  }

  end() {
    this._watcher.disconnect();
    this._others?.close();
    this._frame.close();
    this._look(false);
  }

  /**
   * Follows the poll only while it is seen: a socket's subscriptions are limited.
   * @param {boolean} isSeen
   */
  async _look(isSeen) {
    if (isSeen === this._isSeen) return;
    this._isSeen = isSeen;
    if (isSeen) {
      if (!this._store) await this._load();
      if (this._isSeen && !this._stop) this._stop = this._store?.start() ?? null;
      return;
    }
    if (!this._stop) return;
    this._stop();
    this._stop = null;
    if (this._pollId === this._parts.ownPollId) return;
    this._parts.socket.call("leave-poll", { pollId: this._pollId }).catch(() => {});
  }

  async _load() {
    const { socket, read } = this._parts;
    let state;
    try {
      state = await read(this._pollId);
    } catch (error) {
      this._isSeen = false;
      const isGone = error instanceof RefusedError;
      part(this.element, ".card-question").textContent = this._parts.texts.say(isGone ? "pollGone" : "unreachable");
      return;
    }
    this._store = new PollStore(socket, { head: state.head, revision: state.revision, results: state.poll });
    this._ballotUrl = state.urls.ballot;
    this._hint = state.hint;
    this._isHiddenPoll = state.phase === "hidden";
    this._clock = new Clock(state.now);
    this._outbox = new VoteOutbox(this._pollId, socket, cardVoter(state, this._parts), (newer) => this._take(newer));
    this._bars = new Bars(part(this.element, ".bars"));
    this._store.subscribe(() => this._draw());
    this._take(state);
  }

  /** @param {import("../voter.js").VoterState} state */
  _take(state) {
    this._answers = answersOf(state);
    this._hasVoted = state.hasVoted;
    this._clock?.set(state.now);
    this._store?.take(state);
    this._draw();
  }

  get _votes() {
    return this._answers.map(({ optionId }) => optionId ?? "");
  }

  /** Whether the card draws the poll itself; others are shown in a frame. */
  get _isPlain() {
    return isPlain(/** @type {PollStore} */ (this._store).head);
  }

  /** @returns {import("./card_texts.js").Standing} */
  get _standing() {
    const { head, isHidden, isDeleted } = /** @type {PollStore} */ (this._store);
    const phase = this._isHiddenPoll ? "hidden" : phaseOf(head, /** @type {Clock} */ (this._clock));
    return { head, phase, areResultsHidden: isHidden, isDeleted, hasVoted: this._hasVoted };
  }

  _draw() {
    const store = this._store;
    if (!store) return;
    const standing = this._standing;
    const isOpen = !standing.isDeleted && standing.phase === "open";
    const isChoosing = isOpen && this._isPlain && (!this._hasVoted || this._isChanging);
    this.element.dataset.mode = isChoosing ? "choose" : "look";
    this._drawHead(standing);
    part(this.element, ".card-choices").hidden = !isChoosing;
    part(this.element, ".card-vote").hidden = !isChoosing;
    drawChoices(part(this.element, ".card-choices"), store.head, this._hint, this._votes);
    this._drawResults(store);
    this._drawFrame(standing);
    this._drawFoot(standing);
  }

  /** @param {import("./card_texts.js").Standing} standing */
  _drawHead({ head, phase, isDeleted }) {
    const { texts } = this._parts;
    part(this.element, ".card-question").textContent = isDeleted ? texts.say("pollGone") : head.question;
    const badge = part(this.element, ".badge");
    badge.className = `badge badge-${phase === "waiting" ? "draft" : phase}`;
    badge.textContent = texts.say(`phase-${phase}`);
    badge.hidden = isDeleted;
    show(part(this.element, ".card-kind"), isDeleted || this._isPlain ? "" : texts.of("kinds", head.kind));
  }

  /** @param {PollStore} store */
  _drawResults({ head, results, isHidden, isDeleted }) {
    const bars = part(this.element, ".bars");
    bars.hidden = isHidden || isDeleted || !this._isPlain;
    if (!bars.hidden) this._bars?.show(results, this._votes);
    const link = /** @type {HTMLAnchorElement} */ (part(this.element, ".card-open"));
    link.hidden = isDeleted || this._isPlain;
    link.href = `/p/${head.joinCode}`;
  }

  /** @param {import("./card_texts.js").Standing} standing */
  _drawFrame(standing) {
    const offer = offerOf(standing);
    if (standing.isDeleted && this._frame.isOpen) this._frame.close();
    const { isOpen } = this._frame;
    const button = this._toggleButton;
    button.hidden = !isOpen && offer === "";
    button.setAttribute("aria-expanded", String(isOpen));
    button.classList.toggle("button-quiet", isOpen);
    setText(button, isOpen || offer ? this._parts.texts.say(isOpen ? "closeBallot" : offer) : "");
  }

  /** @param {import("./card_texts.js").Standing} standing */
  _drawFoot(standing) {
    const { texts } = this._parts;
    const { results } = /** @type {PollStore} */ (this._store);
    // The frame says all of this itself.
    const isSilent = this._frame.isOpen || standing.isDeleted;
    const count = isSilent || standing.areResultsHidden ? "" : texts.count("voters", results.totalVoters ?? 0);
    part(this.element, ".card-total").textContent = count;
    show(part(this.element, ".card-note"), isSilent ? "" : noteOf(standing, texts));
    const button = part(this.element, ".card-vote");
    if (this._outbox?.ballot) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
    part(this.element, ".card-counted").hidden = isSilent || !this._hasVoted || this._isChanging;
    part(this.element, ".card-change").hidden = !this._canChange(standing);
    show(part(this.element, ".card-error"), this._error);
  }

  /** @param {import("./card_texts.js").Standing} standing */
  _canChange({ head, phase, isDeleted }) {
    const isOpen = !isDeleted && phase === "open" && head.allowChange && this._isPlain;
    return isOpen && this._votes.length > 0 && !this._isChanging;
  }

  _toggle() {
    if (!this._store) return;
    this._error = "";
    if (this._frame.isOpen) this._frame.close();
    else this._frame.open(this._ballotUrl, this._store.head.question);
    this._toggleButton.focus();
    this._draw();
  }

  /**
   * Scrolls to the poll that was opened, until something else is done, and to one that was voted on.
   * @param {boolean} hasCollapsed
   */
  _keepInView(hasCollapsed) {
    if (hasCollapsed || document.activeElement === this._toggleButton) this._parts.keepInView(this.element);
  }

  /** @param {string} name of a text */
  _fail(name) {
    this._frame.close();
    this._error = this._parts.texts.say(name);
    this._draw();
  }

  /**
   * The poll's page, its frame or another card has sent a ballot.
   * @param {import("../kinds/answers.js").Answer[]} answers
   */
  _followOthers(answers) {
    this._showCounted(answers);
    // In the frame, a visitor becomes a guest.
    if (this._frame.isOpen) this._parts.ensurePerson().catch(() => {});
    // This person may see the results now.
    if (this._store?.isHidden && this._stop) this._store.refresh().catch(() => {});
  }

  _change() {
    this._isChanging = true;
    tick(this.element, this._votes);
    this._draw();
    this.element.querySelector("input")?.focus();
  }

  /** @param {SubmitEvent} event */
  async _submitted(event) {
    event.preventDefault();
    if (!this._store || !this._outbox || this._outbox.ballot) return;
    const chosen = new FormData(this.element).getAll("option").map(String);
    const { maxChoices } = this._store.head;
    this._error = "";
    if (chosen.length === 0) this._error = this._parts.texts.say("chooseFirst");
    else if (chosen.length > maxChoices) this._error = this._parts.texts.count("tooMany", maxChoices);
    if (this._error) return this._draw();
    const answers = answersOf({ votes: chosen });
    if (isSameBallot(answers, this._answers)) this._isChanging = false;
    else await this._vote(answers);
    this._draw();
  }

  /** @param {import("../kinds/answers.js").Answer[]} answers as the server has them */
  _showCounted(answers) {
    this._answers = answers;
    this._hasVoted = answers.length > 0;
    this._isChanging = false;
    this._draw();
  }

  /** @param {import("../kinds/answers.js").Answer[]} answers */
  async _vote(answers) {
    const answer = /** @type {VoteOutbox} */ (this._outbox).put(answers);
    this._draw();
    try {
      const counted = await answer;
      this._others?.postMessage(counted);
      this._showCounted(counted);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (error.code === "vote.duplicate" && error.frame.votes) {
        this._answers = answersOf(error.frame);
        this._hasVoted = true;
      }
      this._error = this._parts.texts.refusal(error.code);
    }
  }
}
