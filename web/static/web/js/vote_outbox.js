/* Keeps a vote until it is counted, across lost connections, locked screens and reloads. Every try
   has the same idempotency key, so that it is counted once. */

import { answersOf, bodyOf, isSameBallot } from "./kinds/answers.js";
import { ConnectionLostError, RefusedError } from "./live_socket.js";
import { newKey } from "./page.js";
import { UnreachableError } from "./voter.js";

/** @typedef {import("./kinds/answers.js").Answer} Answer
 *  @typedef {import("./voter.js").Ballot & {personId: string | null, at: number}} KeptBallot */

// The server remembers keys for a day; an older ballot could be counted again.
const KEPT_FOR_MS = 23 * 3_600_000;
// HTTP is tried, too, if the socket hasn't replied after this time.
const SOCKET_FIRST_MS = 2_500;
const TRY_AGAIN_MS = 2_000;
const TRY_AGAIN_LONGEST_MS = 15_000;
// Temporary refusals. `NOT_OPEN` is one if the clocks differ a little.
const PASSING_CODES = new Set(["vote.busy", "rate_limited", "vote.in_doubt", "server.unavailable", "server.error"]);
const NOT_OPEN = "poll.not_open";
const TRIES_TO_OPEN = 4;
const SIGNED_OUT_CODES = new Set(["auth.required", "auth.token_invalid"]);

export class VoteOutbox {
  /**
   * @param {string} pollId
   * @param {import("./live_socket.js").LiveSocket} socket
   * @param {any} voter see voter.js
   * @param {(state: import("./voter.js").VoterState) => void} take gets what comes with an answer
   */
  constructor(pollId, socket, voter, take) {
    this._place = `tallyroom.vote.${pollId}`;
    this._pollId = pollId;
    this._socket = socket;
    this._voter = voter;
    this._take = take;
    /** @type {KeptBallot | null} */
    this.ballot = null;
  }

  /**
   * Sends a vote until the server has answered.
   * @param {Answer[]} answers
   * @returns {Promise<Answer[]>} what is counted; rejects with RefusedError
   */
  put(answers) {
    const personId = this._voter.person?.id ?? null;
    return this._deliver({ key: newKey(), answers, personId, at: Date.now() });
  }

  /**
   * Sends the vote that an earlier visit left, if it is not counted yet.
   * @param {Answer[]} counted what the server says is counted
   * @param {boolean} [isOrdered] whether another order is another ballot
   * @returns {Promise<Answer[]> | null}
   */
  resume(counted, isOrdered = false) {
    const ballot = load(this._place);
    if (ballot === null) return null;
    const isOver = Date.now() - ballot.at > KEPT_FOR_MS || isSameBallot(ballot.answers, counted, isOrdered);
    if (!isOver && !this._isAnothers(ballot)) return this._deliver(ballot);
    save(this._place, null);
    return null;
  }

  /** @param {KeptBallot} ballot */
  async _deliver(ballot) {
    this.ballot = ballot;
    save(this._place, ballot);
    try {
      return await this._tryUntilAnswered(ballot);
    } finally {
      this.ballot = null;
      save(this._place, null);
    }
  }

  /** @param {KeptBallot} ballot */
  async _tryUntilAnswered(ballot) {
    let hasRenewed = false;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this._tryAsPerson(ballot);
      } catch (error) {
        if (error instanceof RefusedError && SIGNED_OUT_CODES.has(error.code) && !hasRenewed) {
          hasRenewed = true;
          await this._voter.renew().catch(() => {});
        } else if (!passes(error, tries)) {
          throw error;
        }
        await this._pause(tries, error instanceof UnreachableError ? error.retryAfterMs : 0);
      }
    }
  }

  /** @param {KeptBallot} ballot */
  async _tryAsPerson(ballot) {
    const person = await this._voter.ensurePerson();
    if (this._isAnothers(ballot)) throw new RefusedError({ type: "error", code: "somebody_else" });
    ballot.personId = person.id;
    save(this._place, ballot);
    return this._firstAnswer(ballot);
  }

  /**
   * Sends over the socket and, if that is slow, over HTTP; resolves with the first answer.
   * @param {KeptBallot} ballot
   * @returns {Promise<Answer[]>}
   */
  async _firstAnswer(ballot) {
    const answered = new AbortController();
    try {
      return await new Promise((resolve, reject) => {
        this._overSocket(ballot, answered.signal).then(resolve, (error) => {
          // HTTP still goes on.
          if (!(error instanceof ConnectionLostError)) reject(error);
        });
        this._overHttp(ballot, answered.signal).then(resolve, reject);
      });
    } finally {
      answered.abort();
    }
  }

  /**
   * @param {KeptBallot} ballot
   * @param {AbortSignal} signal
   */
  async _overSocket({ key, answers }, signal) {
    const body = { pollId: this._pollId, ...bodyOf(answers), key };
    return answersOf(await this._socket.call("cast-vote", body, { isKept: true, signal }));
  }

  /**
   * @param {KeptBallot} ballot
   * @param {AbortSignal} signal
   */
  async _overHttp(ballot, signal) {
    for (let tries = 1; !signal.aborted; tries += 1) {
      await this._pause(tries, SOCKET_FIRST_MS);
      if (signal.aborted || this._socket.state === "live" || !navigator.onLine) continue;
      try {
        const state = await this._voter.cast(ballot);
        this._take(state);
        return answersOf(state);
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
      }
    }
    return [];
  }

  /** @param {KeptBallot} ballot */
  _isAnothers({ personId }) {
    return personId !== null && this._voter.person !== null && personId !== this._voter.person.id;
  }

  /**
   * Waits, longer with each try; ends as soon as the network is back.
   * @param {number} tries
   * @param {number} atLeastMs
   */
  _pause(tries, atLeastMs) {
    const longest = Math.min(TRY_AGAIN_LONGEST_MS, TRY_AGAIN_MS * 2 ** (tries - 1));
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        removeEventListener("online", done);
        resolve(undefined);
      };
      const timer = setTimeout(done, Math.max(atLeastMs, longest * (0.5 + Math.random() / 2)));
      addEventListener("online", done);
    });
  }
}

/**
 * @param {unknown} error
 * @param {number} tries
 */
function passes(error, tries) {
  if (error instanceof UnreachableError) return true;
  if (!(error instanceof RefusedError)) return false;
  return PASSING_CODES.has(error.code) || (error.code === NOT_OPEN && tries < TRIES_TO_OPEN);
}

// Storage may be unavailable; then a vote is kept as long as the page.

/**
 * @param {string} place
 * @returns {KeptBallot | null}
 */
function load(place) {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? "null");
    // Kept by a version of this page that knew only options.
    return kept?.optionIds ? { ...kept, answers: answersOf({ votes: kept.optionIds }) } : kept;
  } catch {
    return null;
  }
}

/**
 * @param {string} place
 * @param {KeptBallot | null} ballot
 */
function save(place, ballot) {
  try {
    if (ballot === null) localStorage.removeItem(place);
    else localStorage.setItem(place, JSON.stringify(ballot));
  } catch {
    // As above.
  }
}
