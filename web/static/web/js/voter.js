/* The voter of a page of this site, and its HTTP requests: the person of the session, or a guest
   that is created for it. */

import { optionIdsOf } from "./kinds/answers.js";
import { RefusedError } from "./live_socket.js";
import { patience, post } from "./page.js";

/** @typedef {{id: string, name: string, isGuest: boolean, isNew?: boolean}} Person
 *  @typedef {{now: string, head: import("./poll_store.js").PollHead, revision: number,
 *    poll: import("./poll_store.js").Results, votes?: any[], answers?: any[] | null, hasVoted: boolean,
 *    person: Person | null}} VoterState
 *  @typedef {{key: string, answers: import("./kinds/answers.js").Answer[]}} Ballot
 *  @typedef {{state: "shown" | "pending", option: {id: string, text: string} | null,
 *    suggestion: {id: string, text: string} | null}} AddedOption */

/** No usable response: the request may or may not have arrived. */
export class UnreachableError extends Error {
  /** @param {number} [retryAfterMs] */
  constructor(retryAfterMs = 0) {
    super("unreachable");
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Returns the body of a response.
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
  // Django's CSRF failure is a page: the cookie is missing.
  if (response.status === 403) throw new RefusedError({ type: "error", code: "form_expired" });
  throw new UnreachableError(retryAfterMs);
}

/**
 * Runs `act` while no other tab or frame of this browser creates or renews a guest.
 * @template Result
 * @param {() => Promise<Result>} act
 * @returns {Promise<Result>}
 */
export function alone(act) {
  if (!navigator.locks) return act();
  // TypeScript's type has one promise too many.
  const held = /** @type {unknown} */ (navigator.locks.request("tallyroom.guest", act));
  return /** @type {Promise<Result>} */ (held);
}

export class PageVoter {
  canVote = true;

  /**
   * @param {{person: Person | null, key: string, urls: Record<string, string>}} page
   * @param {{isEager?: boolean}} [options] whether a visitor becomes a guest before voting
   */
  constructor({ person, key, urls }, { isEager = true } = {}) {
    this.person = person;
    this._isEager = isEager;
    this._key = key;
    this._urls = urls;
    /** @type {Promise<Person> | null} */
    this._joining = null;
    /** @type {(person: Person) => void} */
    this.onPersonChange = () => {};
  }

  /**
   * Returns the person of this session; creates a guest for a visitor.
   * @returns {Promise<Person>}
   */
  ensurePerson() {
    if (this.person) return Promise.resolve(this.person);
    // One at a time, so that a second tab sends the cookie that the first one received.
    const joining = this._joining ?? alone(() => this._join({})).finally(() => (this._joining = null));
    this._joining = joining;
    return joining;
  }

  /** Creates the guest ahead of the vote, so that the vote needn't wait. */
  async prepare() {
    if (this._isEager) await this.ensurePerson();
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
  cast({ key, answers }) {
    const option = optionIdsOf(answers);
    /** @type {Record<string, string | string[]>} */
    const fields = option ? { key, option } : { key, answers: JSON.stringify(answers) };
    return answerTo(post(this._urls.cast, fields));
  }

  /**
   * @param {string} key
   * @returns {Promise<VoterState>}
   */
  takeBack(key) {
    return answerTo(post(this._urls.cast, { key, "take-back": "1" }));
  }

  /**
   * Adds an option, or suggests it where a host approves options.
   * @param {string} text
   * @returns {Promise<AddedOption>}
   */
  async addOption(text) {
    await this.ensurePerson();
    return answerTo(post(this._urls.options, { key: this._key, text }));
  }

  /** Reads who the person is, after the session has ended. */
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
    if (person.id !== before?.id) this.onPersonChange(person);
    return person;
  }
}
