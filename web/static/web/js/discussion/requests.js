/* The discussion's HTTP requests: what is not sent over the socket. */

import { patience, post } from "../page.js";
import { answerTo } from "../voter.js";

/** @typedef {import("./room_store.js").Page} Page
 *  @typedef {{messages: string, act: string, moderate: string, poll: string}} Urls with places:
 *    `{message}`, `{action}`, `{person}`, `{poll}` */

export class Requests {
  /** @param {Urls} urls */
  constructor(urls) {
    this._urls = urls;
  }

  /**
   * Reads messages of the room: the newest, or those before one.
   * @param {number} [before] its `seq`
   * @returns {Promise<Page>} rejects with RefusedError or UnreachableError
   */
  read(before) {
    return readJson(`${this._urls.messages}${before ? `?before=${before}` : ""}`);
  }

  /**
   * @param {string} pollId
   * @returns {Promise<any>} its state for this person; see voter.js
   */
  readPoll(pollId) {
    return readJson(this._urls.poll.replace("{poll}", pollId));
  }

  /**
   * Changes a message: `edit`, `delete` or `react`, which the second time removes the reaction.
   * @param {string} messageId
   * @param {string} action
   * @param {Record<string, string>} [fields]
   */
  act(messageId, action, fields = {}) {
    const url = this._urls.act.replace("{message}", messageId).replace("{action}", action);
    return answerTo(post(url, fields));
  }

  /**
   * Restricts a person in the room: `mute` or `remove`.
   * @param {string} personId
   * @param {string} action
   */
  moderate(personId, action) {
    const url = this._urls.moderate.replace("{person}", personId).replace("{action}", action);
    return answerTo(post(url));
  }
}

/** @param {string} url */
function readJson(url) {
  const headers = { Accept: "application/json" };
  return answerTo(fetch(url, { headers, cache: "no-store", signal: patience() }));
}
