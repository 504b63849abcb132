/* The newest known state of one poll: older frames and responses are ignored. */

import { RefusedError } from "./live_socket.js";

/** @typedef {{id: string, text: string, voteCount: number | null, percentage: number | null,
 *    percentageOfVoters: number | null, voterCount: number | null, voterShare: number | null,
 *    limit: number | null}} OptionTally
 *  @typedef {{totalVotes: number | null, totalVoters: number | null, version: number | null,
 *    options: OptionTally[], tally: any}} Results
 *    `tally` is what the kind of the poll shows: polls/kinds/. `version`, `tally` and all numbers are null while the results are hidden from this person.
 *  @typedef {{id: string, question: string, originalQuestion: string | null, kind: string, maxChoices: number,
 *    settings: Record<string, any>,
 *    state: "draft" | "open" | "closed", allowChange: boolean, resultsVisibility: string,
 *    joinCode: string, opensAt: string | null, closesAt: string | null,
 *    options: {id: string, text: string, limit: number | null,
 *      picture: {url: string, width: number, height: number, alt: string} | null}[],
 *    picture: {url: string, width: number, height: number, alt: string} | null, [key: string]: any}} PollHead
 *  @typedef {"head" | "results" | "watchers" | "deleted"} Change
 *  @typedef {"draft" | "waiting" | "open" | "closed"} Phase finer than a state: published, but not
 *    open yet, is `waiting` */

// When results may have become hidden, every client reads again; spread over this time.
const ASK_AGAIN_WITHIN_MS = 2_000;

export class PollStore {
  /**
   * @param {import("./live_socket.js").LiveSocket} socket
   * @param {{head: PollHead, revision: number, results: Results}} initial as the page was made with
   */
  constructor(socket, { head, revision, results }) {
    this.id = head.id;
    this.head = head;
    this.revision = revision;
    this.results = ofPeople(results);
    this.watchers = 0;
    this.isDeleted = false;
    this._socket = socket;
    this._newestVersion = results.version ?? -1;
    this._hiddenAtRevision = results.version === null ? revision : -1;
    /** @type {Set<(changes: Set<Change>) => void>} */
    this._listeners = new Set();
    this._refresh = () => this.refresh();
  }

  /** Whether this person may not see the numbers. */
  get isHidden() {
    return this.results.version === null;
  }

  /** Subscribes to the poll's events, on this connection and after reconnects. */
  start() {
    const mine = (/** @type {any} */ frame) => (frame.pollId ?? frame.poll.id) === this.id;
    const on = (/** @type {string} */ type, /** @type {(frame: any) => void} */ listener) =>
      this._socket.on(type, (frame) => mine(frame) && listener(frame));
    const stops = [
      on("vote-update", (frame) => this._showResults({ ...frame.poll, version: frame.version })),
      on("poll-update", (frame) => this._showHead(frame) && this._askAgain()),
      on("user-joined-poll", (frame) => this._showWatchers(frame.userCount)),
      on("user-left-poll", (frame) => this._showWatchers(frame.userCount)),
      this._socket.watch(this._refresh),
    ];
    return () => stops.forEach((stop) => stop());
  }

  /**
   * Reads the poll again: after a reconnect, or when its results may have become hidden.
   * @returns {Promise<void>}
   */
  async refresh() {
    try {
      const reply = await this._socket.call("join-poll", { pollId: this.id });
      this._showHead({ revision: reply.revision, poll: reply.head });
      this._showSnapshot(reply.poll);
      this._showWatchers(reply.userCount);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (error.code === "poll.not_found") this._delete();
      else this._askAgain();
    }
  }

  /**
   * Takes over a state that was read over HTTP, for the same person.
   * @param {{head: PollHead, revision: number, poll: Results}} state
   */
  take({ head, revision, poll }) {
    this._showHead({ revision, poll: head });
    this._showSnapshot(poll);
  }

  /**
   * Calls `listener` after each change, with the set of changes.
   * @param {(changes: Set<Change>) => void} listener
   * @returns {() => void} stops it
   */
  subscribe(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** @param {Results} results from a response to this person, which may say that they are hidden */
  _showSnapshot(results) {
    if (results.version !== null) return this._showResults(results);
    this._hiddenAtRevision = this.revision;
    if (!this.isHidden) this._change("results", () => (this.results = results));
  }

  /** @param {Results} results */
  _showResults(results) {
    const version = results.version ?? -1;
    const isNewer = version > this._newestVersion;
    // If the poll has changed since its results were hidden, the same version may be shown again.
    // Otherwise only a newer one: a late frame may arrive after the response that hid them.
    const isBack = this.isHidden && version >= this._newestVersion;
    if (!isNewer && !(isBack && this.revision > this._hiddenAtRevision)) return;
    this._newestVersion = version;
    this._change("results", () => (this.results = ofPeople(results)));
  }

  /**
   * @param {{revision: number, poll: PollHead | null}} update
   * @returns {boolean} whether results that are shown may have become hidden
   */
  _showHead({ revision, poll }) {
    if (revision <= this.revision) return false;
    this.revision = revision;
    if (poll === null) {
      this._delete();
      return false;
    }
    const mayHide = !this.isHidden && mayHideResults(this.head, poll);
    this._change("head", () => (this.head = poll));
    return mayHide;
  }

  /** @param {number} count */
  _showWatchers(count) {
    if (count !== this.watchers) this._change("watchers", () => (this.watchers = count));
  }

  _delete() {
    if (!this.isDeleted) this._change("deleted", () => (this.isDeleted = true));
  }

  _askAgain() {
    setTimeout(() => {
      if (this._socket.state === "live") this.refresh().catch(() => {});
    }, Math.random() * ASK_AGAIN_WITHIN_MS);
  }

  /**
   * @param {Change} change
   * @param {() => void} make
   */
  _change(change, make) {
    make();
    for (const listener of this._listeners) listener(new Set([change]));
  }
}

/**
 * Returns the results with the percentages that pages show: shares of voters; see web/shares.py.
 * @param {Results} results
 * @returns {Results}
 */
export function ofPeople(results) {
  const options = results.options.map((option) => ({ ...option, percentage: option.percentageOfVoters }));
  return { ...results, options };
}

/**
 * The phase of a poll by the clock: a deadline counts from the moment it passes.
 * @param {Pick<PollHead, "state" | "opensAt" | "closesAt">} head
 * @param {import("./clock.js").Clock} clock
 * @returns {Phase}
 */
export function phaseOf({ state, opensAt, closesAt }, clock) {
  if (state !== "open") return state;
  if (clock.until(closesAt) <= 0) return "closed";
  return opensAt !== null && clock.until(opensAt) > 0 ? "waiting" : "open";
}

/**
 * Whether the change may have hidden results that were shown.
 * @param {PollHead} before
 * @param {PollHead} after
 */
function mayHideResults(before, after) {
  const isReopened = before.state === "closed" && after.state === "open";
  return (
    before.resultsVisibility !== after.resultsVisibility ||
    (isReopened && after.resultsVisibility !== "always")
  );
}
