/* The discussion's translated texts. */

import { whenOf } from "../kinds/date_words.js";
import { formatNumber } from "../kinds/numbers.js";
import { fill, formatCount } from "../page.js";

/** @typedef {import("./room_store.js").Notice} Notice
 *  @typedef {import("./room_store.js").NoticeLine} NoticeLine */

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
   * Returns what the system says in a message, in the language of the page.
   * @param {{notice: Notice | null, body: string}} message older ones have only a text in English
   * @returns {string}
   */
  system({ notice, body }) {
    const sentence = this._texts.system.sentences[notice?.kind ?? body];
    if (notice?.kind !== "tally.final") return sentence ?? body;
    return fill(sentence, { tally: this._tally(notice) });
  }

  /** @param {Notice} notice */
  _tally({ pollKind, voters, lines, isShortened }) {
    const pattern = this._texts.system.patterns[pollKind ?? ""];
    const said = (lines ?? []).map((line) => this._lineOf(line, pattern));
    if (said.length === 0) return this.count("voters", voters ?? 0);
    return [...said, ...(isShortened ? ["…"] : [])].join("; ");
  }

  /**
   * @param {NoticeLine} line
   * @param {string} pattern
   */
  _lineOf({ text, numbers, slot }, pattern) {
    const said = Object.entries(numbers).map(([name, number]) => [name, formatNumber(number)]);
    // Isolated, so that its direction does not change that of the sentence.
    if (text) return `\u2068${slot ? whenOf(slot) : text}\u2069 ${fill(pattern, Object.fromEntries(said))}`;
    return said.map(([name, number]) => `${this._texts.system.labels[name]} ${number}`).join("; ");
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
