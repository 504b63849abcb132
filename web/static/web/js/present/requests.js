/* Requests to the page's endpoints; errors have translated messages. */

import { post } from "../page.js";

/** A request failed; the message is for the presenter. */
export class RequestError extends Error {}

export class Requests {
  /** @param {import("./texts.js").Texts} texts */
  constructor(texts) {
    this._texts = texts;
  }

  /**
   * @param {string} url
   * @returns {Promise<any>} rejects with RequestError
   */
  read(url) {
    const headers = { Accept: "application/json" };
    return this._answer(() => fetch(url, { headers, credentials: "same-origin" }));
  }

  /**
   * @param {string} url
   * @returns {Promise<any>} rejects with RequestError
   */
  send(url) {
    return this._answer(() => post(url));
  }

  /** @param {() => Promise<Response>} ask */
  async _answer(ask) {
    let response;
    try {
      response = await ask();
    } catch {
      throw new RequestError(this._texts.say("unreachable"));
    }
    if (!response.headers.get("Content-Type")?.startsWith("application/json")) {
      // Not JSON: a CSRF failure, or the page of a proxy.
      throw new RequestError(this._texts.say(response.status === 403 ? "formExpired" : "unreachable"));
    }
    const body = await response.json();
    if (!response.ok) throw new RequestError(this._texts.refusal(body.code));
    return body;
  }
}
