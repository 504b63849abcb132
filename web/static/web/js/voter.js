/* Who votes from this page, and how that is told to the server where no socket is needed.

   On the site's own pages that is the session's person, or a guest made for it. */

import { RefusedError } from "./live_socket.js";
import { patience, post } from "./page.js";

/** @typedef {{id: string, name: string, isGuest: boolean, isNew?: boolean}} Person
 *  @typedef {{now: string, head: import("./poll_store.js").PollHead, revision: number,
 *    poll: import("./poll_store.js").Results, votes: string[], hasVoted: boolean,
 *    person: Person | null}} VoterState
 *  @typedef {{key: string, optionIds: string[]}} Ballot */

/** No answer that means anything: nobody knows whether the request arrived. */
export class UnreachableError extends Error {
  /** @param {number} [retryAfterMs] */
  constructor(retryAfterMs = 0) {
    super("unreachable");
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The body of an answer.
 * @param {Promise<Response>} request
 * @returns {Promise<any>} rejects with RefusedError or UnreachableError
 */
export async function answerTo(request) {
  const response = await request.catch(() => null);
  if (response === null) throw new UnreachableError();
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  const retryAfterMs = 1000 * (Number(response.headers.get("Retry-After")) || 0);
  if (body?.code && response.status !== 429 && response.status < 500) throw new RefusedError(body);
  // Django says so with a page where the form's secret doesn't fit: the cookie is missing.
  if (response.status === 403) throw new RefusedError({ type: "error", code: "form_expired" });
  throw new UnreachableError(retryAfterMs);
}

/**
 * Runs `act` while no other tab or frame of this browser makes or renews a guest.
 * @template Result
 * @param {() => Promise<Result>} act
 * @returns {Promise<Result>}
 */
export function alone(act) {
  if (!navigator.locks) return act();
  // Its type has a promise too many.
  const held = /** @type {unknown} */ (navigator.locks.request("tallyroom.guest", act));
  return /** @type {Promise<Result>} */ (held);
}

export class PageVoter {
  canVote = true;

  /**
   * @param {{person: Person | null, key: string, urls: Record<string, string>}} page
   * @param {{greets?: boolean}} [options] whether a visitor becomes a guest before voting
   */
  constructor({ person, key, urls }, { greets = true } = {}) {
    this.person = person;
    this._greets = greets;
    this._key = key;
    this._urls = urls;
    /** @type {Promise<Person> | null} */
    this._joining = null;
    /** @type {(person: Person) => void} */
    this.onIntroduced = () => {};
  }

  /**
   * The person of this session; a visitor is made a guest.
   * @returns {Promise<Person>}
   */
  introduce() {
    if (this.person) return Promise.resolve(this.person);
    // One after the other: the second of two tabs then sends the cookie that the first has got.
    const joining = this._joining ?? alone(() => this._join({})).finally(() => (this._joining = null));
    this._joining = joining;
    return joining;
  }

  /** Before there is anything to say, so that a vote needn't wait. */
  async greet() {
    if (this._greets) await this.introduce();
  }

  /** @param {string} name */
  rename(name) {
    return this._join({ name });
  }

  /** @returns {Promise<VoterState>} how the poll stands for this person */
  async read() {
    const headers = { Accept: "application/json" };
    const signal = patience();
    const state = await answerTo(fetch(this._urls.state, { headers, cache: "no-store", signal }));
    this.person = state.person;
    return state;
  }

  /**
   * @param {Ballot} ballot
   * @returns {Promise<VoterState>}
   */
  cast({ key, optionIds }) {
    return answerTo(post(this._urls.cast, { key, option: optionIds }));
  }

  /**
   * @param {string} key
   * @returns {Promise<VoterState>}
   */
  takeBack(key) {
    return answerTo(post(this._urls.cast, { key, "take-back": "1" }));
  }

  /** The session has ended: who it is now, if anybody. */
  renew() {
    return this.read();
  }

  /**
   * @param {Record<string, string>} fields
   * @returns {Promise<Person>}
   */
  async _join(fields) {
    const before = this.person;
    /** @type {Person} */
    const person = await answerTo(post(this._urls.join, { key: this._key, ...fields }));
    this.person = person;
    if (person.id !== before?.id) this.onIntroduced(person);
    return person;
  }
}
