/* The discussion's translated texts. */

import { fill, formatCount } from "../page.js";

// What chat/announcements.py posts.
const FINAL_TALLY = "Final tally: ";

export class Texts {
  /** @param {Record<string, any>} texts */
  constructor(texts) {
    this._texts = texts;
    this._plurals = new Intl.PluralRules(document.documentElement.lang || "en");
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number>} [values]
   * @returns {string}
   */
  say(name, values = {}) {
    return fill(this._texts[name], values);
  }

  /**
   * Returns one of a group of texts; empty if it has none of that name.
   * @param {string} group
   * @param {string} name
   * @returns {string}
   */
  of(group, name) {
    return this._texts[group][name] ?? "";
  }

  /**
   * @param {string} name of a text with plural forms
   * @param {number} count
   * @param {Record<string, string | number>} [values]
   */
  count(name, count, values = {}) {
    return fill(this._texts[name][this._plurals.select(count)], { count: formatCount(count), ...values });
  }

  /**
   * Returns what the system says in a message.
   * @param {string} body as it is stored
   * @returns {string}
   */
  system(body) {
    const tally = body.startsWith(FINAL_TALLY) ? body.slice(FINAL_TALLY.length) : "";
    return tally ? this.say("finalTally", { tally }) : (this._texts.system[body] ?? body);
  }

  /**
   * Returns the sentence for an error's code.
   * @param {string} code
   * @returns {string}
   */
  refusal(code) {
    return this._texts.refusals[code] ?? this._texts.refusals["request.invalid"];
  }
}
