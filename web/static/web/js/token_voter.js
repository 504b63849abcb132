/* The voter in a frame on another site, where cookies are blocked: a guest whose tokens are in the
   storage that the browser partitions by that site. */

import { answersOf, bodyOf } from "./kinds/answers.js";
import { RefusedError } from "./live_socket.js";
import { newKey, patience } from "./page.js";
import { alone, answerTo } from "./voter.js";

/** @typedef {import("./voter.js").Person} Person
 *  @typedef {{person: Person, accessToken: string, refreshToken: string, renewalToken?: string,
 *    refreshKey?: string}} Guest `refreshKey` belongs to a refresh without a response yet */

const PLACE = "tallyroom.guest";

export class TokenVoter {
  canVote = true;

  /**
   * @param {import("./voter.js").VoterState} page as the server made it, for a visitor
   */
  constructor(page) {
    this._pollId = page.head.id;
    this._key = newKey();
    this._guest = loadGuest();
    /** @type {Promise<Person> | null} */
    this._joining = null;
    /** @type {(person: Person) => void} */
    this.onPersonChange = () => {};
  }

  /** @returns {Person | null} */
  get person() {
    return this._guest?.person ?? null;
  }

  /** The subprotocols of the socket, which is where browsers can send a token. */
  get protocols() {
    return this._guest ? ["bearer", this._guest.accessToken] : [];
  }

  /** Creates no guest: the page of another site may only happen to show a poll. */
  async prepare() {}

  /** @returns {Promise<Person>} */
  ensurePerson() {
    if (this.person) return Promise.resolve(this.person);
    const joining = this._joining ?? alone(() => this._join()).finally(() => (this._joining = null));
    this._joining = joining;
    return joining;
  }

  /** @returns {Promise<import("./voter.js").VoterState>} */
  async read() {
    const place = `/polls/${this._pollId}`;
    const { poll, revision, now } = await this._ask(place, {}, withHeaders);
    const isHidden = poll.version === null;
    const [results, own] = await Promise.all([
      isHidden ? { poll: hiddenResults(poll) } : this._ask(`${place}/results`),
      this.person ? this._ask(`${place}/my-vote`) : { hasVoted: false, votes: [] },
    ]);
    const answers = answersOf(own);
    const { person } = this;
    return { now, revision, head: poll, poll: results.poll, answers, hasVoted: own.hasVoted, person };
  }

  /** @param {import("./voter.js").Ballot} ballot */
  async cast({ key, answers }) {
    const body = JSON.stringify(bodyOf(answers));
    await this._ask(`/polls/${this._pollId}/vote`, { method: "POST", key, body });
    return this.read();
  }

  /** @param {string} key */
  async takeBack(key) {
    await this._ask(`/polls/${this._pollId}/my-vote`, { method: "DELETE", key });
    return this.read();
  }

  /**
   * Adds an option, or suggests it where a host approves options.
   * @param {string} text
   * @returns {Promise<import("./voter.js").AddedOption>}
   */
  async addOption(text) {
    await this.ensurePerson();
    const body = JSON.stringify({ text });
    return this._ask(`/polls/${this._pollId}/options`, { method: "POST", key: newKey(), body });
  }

  /**
   * Replaces a refused token, or forgets the guest if that fails.
   * @param {string | undefined} [refused] by default the present one
   */
  renew(refused = this._guest?.accessToken) {
    return alone(async () => {
      this._guest = loadGuest();
      // Another request or frame may have refreshed it; refresh tokens are for one use.
      if (refused && this._guest?.accessToken === refused) await this._refresh(this._guest);
      return null;
    });
  }

  async _join() {
    // Another frame may have created the guest.
    this._guest = loadGuest();
    if (!this._guest) {
      this._keep(guestIn(await this._ask("/auth/guest", { method: "POST", key: this._key, body: "{}" })));
    }
    const { person } = /** @type {Guest} */ (this._guest);
    this.onPersonChange(person);
    return person;
  }

  /** @param {Guest} guest */
  async _refresh(guest) {
    // A refresh token is for one use: every try, even after a reload, has the same key.
    const pending = { ...guest, refreshKey: guest.refreshKey ?? newKey() };
    this._keep(pending);
    try {
      const body = JSON.stringify({ refreshToken: guest.refreshToken });
      const options = { method: "POST", key: pending.refreshKey, body };
      const { tokens } = await answerTo(send("/auth/refresh", options));
      this._keep({ ...guest, ...tokens, refreshKey: undefined });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      await this._renewGuest(guest.renewalToken);
    }
  }

  /**
   * Gets new tokens for the same guest, who may have voted; forgets a guest that is gone.
   * @param {string | undefined} renewalToken
   */
  async _renewGuest(renewalToken) {
    try {
      const body = JSON.stringify({ renewalToken: renewalToken ?? "" });
      this._keep(guestIn(await answerTo(send("/auth/guest", { method: "POST", key: newKey(), body }))));
    } catch (error) {
      if (!(error instanceof RefusedError) || error.code === "account.suspended") throw error;
      this._key = newKey();
      this._keep(null);
    }
  }

  /** @param {Guest | null} guest */
  _keep(guest) {
    this._guest = guest;
    saveGuest(guest);
  }

  /**
   * @param {string} path
   * @param {{method?: string, key?: string, body?: string}} [options]
   * @param {(request: Promise<Response>) => Promise<any>} [reading]
   */
  async _ask(path, options = {}, reading = answerTo) {
    const ask = () => reading(send(path, options, this._guest?.accessToken));
    const token = this._guest?.accessToken;
    try {
      return await ask();
    } catch (error) {
      // Access tokens expire after 15 minutes.
      if (!(error instanceof RefusedError && error.code === "auth.token_invalid" && this._guest)) throw error;
      await this.renew(token);
      return ask();
    }
  }
}

/** Whether this frame has a guest from an earlier visit. */
export function hasGuest() {
  return loadGuest() !== null;
}

/** Whether the browser gives this frame storage. */
export function remembers() {
  try {
    localStorage.setItem(`${PLACE}.try`, "1");
    localStorage.removeItem(`${PLACE}.try`);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} path
 * @param {{method?: string, key?: string, body?: string}} options
 * @param {string} [token]
 */
function send(path, { method = "GET", key, body }, token) {
  const headers = new Headers({ Accept: "application/json" });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (key) headers.set("Idempotency-Key", key);
  if (body) headers.set("Content-Type", "application/json");
  return fetch(`/api${path}`, {
    method,
    headers,
    body,
    credentials: "omit",
    cache: "no-store",
    signal: patience(),
  });
}

/**
 * @param {any} answer of `POST /auth/guest`
 * @returns {Guest}
 */
function guestIn({ user, tokens, renewalToken }) {
  return { person: { id: user.id, name: user.name, isGuest: true }, ...tokens, renewalToken };
}

/**
 * Returns the body, with the revision and the server's time from the headers.
 * @param {Promise<Response>} request
 */
async function withHeaders(request) {
  const body = await answerTo(request);
  const { headers } = await request;
  const revision = Number((headers.get("ETag") ?? "0").replace(/\D/g, ""));
  return { ...body, revision, now: headers.get("Date") ?? new Date().toISOString() };
}

/** @param {any} poll as the API shows it where its results are hidden */
function hiddenResults({ options }) {
  const hidden = options.map((/** @type {{id: string, text: string}} */ { id, text }) => ({ id, text, voteCount: null, percentage: null, percentageOfVoters: null, voterCount: null, voterShare: null }));
  return { totalVotes: null, totalVoters: null, version: null, options: hidden, tally: null };
}

/** @returns {Guest | null} */
function loadGuest() {
  try {
    return JSON.parse(localStorage.getItem(PLACE) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Guest | null} guest */
function saveGuest(guest) {
  try {
    if (guest) localStorage.setItem(PLACE, JSON.stringify(guest));
    else localStorage.removeItem(PLACE);
  } catch {
    // Without storage, embed.js doesn't let the frame vote.
  }
}
