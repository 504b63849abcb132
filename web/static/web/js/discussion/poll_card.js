/* A poll in a message, to vote on in place. It shows the same tally, from the same frames, as the
   poll's own page, and stores a vote in the same way. */

import { Bars } from "../bars.js";
import { Clock } from "../clock.js";
import { RefusedError } from "../live_socket.js";
import { newKey } from "../page.js";
import { phaseOf, PollStore } from "../poll_store.js";
import { PageVoter } from "../voter.js";
import { answersOf, isSameBallot } from "../kinds/answers.js";
import { VoteOutbox } from "../vote_outbox.js";
import { part } from "./part.js";

/** @typedef {import("../voter.js").VoterState & {urls: Record<string, string>}} CardState
 *  @typedef {{socket: import("../live_socket.js").LiveSocket, read: (pollId: string) => Promise<CardState>,
 *    texts: import("./texts.js").Texts, person: () => import("./room_store.js").Person | null,
 *    ensurePerson: () => Promise<unknown>, ownPollId: string | null}} Parts
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
    if (this._others) this._others.onmessage = ({ data }) => this._showCounted(answersOf({ answers: data }));
    this.element.addEventListener("submit", (event) => this._submitted(event));
    part(this.element, ".card-change").addEventListener("click", () => this._change());
    this._watcher = new IntersectionObserver((entries) => this._look(entries.at(-1)?.isIntersecting ?? false));
    this._watcher.observe(this.element);
  }

  end() {
    this._watcher.disconnect();
    this._others?.close();
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
    this._clock = new Clock(state.now);
    this._outbox = new VoteOutbox(this._pollId, socket, this._voterOf(state), (newer) => this._take(newer));
    this._bars = new Bars(part(this.element, ".bars"));
    this._store.subscribe(() => this._draw());
    this._take(state);
  }

  /**
   * Returns the voter: the page makes the guest, and reconnects the socket for it.
   * @param {CardState} state
   */
  _voterOf({ person, urls }) {
    const parts = this._parts;
    const voter = new PageVoter({ person, key: newKey(), urls }, { isEager: false });
    return {
      get person() {
        return parts.person();
      },
      ensurePerson: parts.ensurePerson,
      cast: (/** @type {import("../voter.js").Ballot} */ ballot) => voter.cast(ballot),
      renew: () => voter.renew(),
    };
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

  /** Whether the poll can be voted on here; other kinds have their own page. */
  get _isChoice() {
    return ["single", "multiple"].includes(/** @type {PollStore} */ (this._store).head.kind);
  }

  get _isChoosing() {
    const store = /** @type {PollStore} */ (this._store);
    const isOpen = !store.isDeleted && phaseOf(store.head, /** @type {Clock} */ (this._clock)) === "open";
    return isOpen && this._isChoice && (!this._hasVoted || this._isChanging);
  }

  _draw() {
    const store = this._store;
    if (!store) return;
    const { texts } = this._parts;
    const isChoosing = this._isChoosing;
    const phase = phaseOf(store.head, /** @type {Clock} */ (this._clock));
    this.element.dataset.mode = isChoosing ? "choose" : "look";
    part(this.element, ".card-question").textContent = store.isDeleted ? texts.say("pollGone") : store.head.question;
    const badge = part(this.element, ".badge");
    badge.className = `badge badge-${phase === "waiting" ? "draft" : phase}`;
    badge.textContent = texts.say(`phase-${phase}`);
    badge.hidden = store.isDeleted;
    this._drawChoices(store, isChoosing);
    this._drawResults(store);
    this._drawFoot(store, phase);
  }

  /**
   * @param {PollStore} store
   * @param {boolean} isChoosing
   */
  _drawChoices({ head }, isChoosing) {
    const place = part(this.element, ".card-choices");
    place.hidden = !isChoosing;
    part(this.element, ".card-vote").hidden = !isChoosing;
    const drawn = JSON.stringify([head.kind, head.options]);
    if (place.dataset.drawn === drawn) return;
    place.dataset.drawn = drawn;
    place.replaceChildren(part(place, "legend"), ...head.options.map((option) => this._choiceOf(option, head.kind)));
  }

  /**
   * @param {{id: string, text: string}} option
   * @param {string} kind
   */
  _choiceOf({ id, text }, kind) {
    const label = document.createElement("label");
    label.className = "choice";
    const input = document.createElement("input");
    input.type = kind === "multiple" ? "checkbox" : "radio";
    input.name = "option";
    input.value = id;
    input.checked = this._votes.includes(id);
    const words = document.createElement("span");
    words.dir = "auto";
    words.textContent = text;
    label.append(input, words);
    return label;
  }

  /** @param {PollStore} store */
  _drawResults({ head, results, isHidden, isDeleted }) {
    const bars = part(this.element, ".bars");
    bars.hidden = isHidden || isDeleted || !this._isChoice;
    if (!bars.hidden) this._bars?.show(results, this._votes);
    const link = /** @type {HTMLAnchorElement} */ (part(this.element, ".card-open"));
    link.hidden = isDeleted || this._isChoice;
    link.href = `/p/${head.joinCode}`;
  }

  /**
   * @param {PollStore} store
   * @param {string} phase
   */
  _drawFoot({ head, results, isHidden }, phase) {
    const { texts } = this._parts;
    const count = results.totalVoters ?? 0;
    part(this.element, ".card-total").textContent = isHidden ? "" : texts.count("voters", count);
    const button = part(this.element, ".card-vote");
    if (this._outbox?.ballot) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
    part(this.element, ".card-counted").hidden = !this._hasVoted || this._isChanging;
    part(this.element, ".card-change").hidden = !this._canChange(head, phase);
    const refusal = part(this.element, ".card-error");
    refusal.hidden = this._error === "";
    if (refusal.textContent !== this._error) refusal.textContent = this._error;
  }

  /**
   * @param {import("../poll_store.js").PollHead} head
   * @param {string} phase
   */
  _canChange({ allowChange }, phase) {
    const isOpen = phase === "open" && allowChange && this._isChoice;
    return isOpen && this._votes.length > 0 && !this._isChanging;
  }

  _change() {
    this._isChanging = true;
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (this.element.querySelectorAll("input"))) {
      input.checked = this._votes.includes(input.value);
    }
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

