/* Translated sentences. */

import { fill, formatCount, formatShare } from "../page.js";

/** @typedef {Record<string, string | number>} Values */

// The number of options in a spoken summary.
const HEARD_OPTIONS = 5;

const language = document.documentElement.lang || "en";
const times = new Intl.DateTimeFormat(`${language}-u-nu-latn`, { timeStyle: "medium" });
const plurals = new Intl.PluralRules(language);

export class Texts {
  /** @param {Record<string, any>} texts as the page hands them over */
  constructor(texts) {
    this._texts = texts;
  }

  /**
   * @param {string} name
   * @param {Values} [values]
   * @returns {string}
   */
  say(name, values = {}) {
    return fill(this._texts[name], values);
  }

  /**
   * Returns the plural form for a number.
   * @param {string} name
   * @param {number} count
   */
  count(name, count) {
    const forms = this._texts[name];
    return fill(forms[plurals.select(count)] ?? forms.other, { count: formatCount(count) });
  }

  /** @param {string} phase */
  phase(phase) {
    return this._texts.phases[phase];
  }

  /**
   * Returns the sentence for an error code, or a general one.
   * @param {string} code
   */
  refusal(code) {
    return this._texts.refusals[code] ?? this._texts.refusals["request.invalid"];
  }

  /**
   * Returns a summary for screen readers.
   * @param {number} total
   * @param {string[]} lines of the results; none where they are hidden
   */
  summary(total, lines) {
    return [this._voters(total), ...lines].join(". ");
  }

  /**
   * Returns the leading options in words.
   * @param {import("../poll_store.js").OptionTally[]} options
   */
  leading(options) {
    return [...options]
      .sort((one, other) => (other.voteCount ?? 0) - (one.voteCount ?? 0))
      .slice(0, HEARD_OPTIONS)
      .map(({ text, percentage }) => {
        const share = formatShare(percentage ?? 0);
        return this.say("summaryItem", { option: text, percentage: share });
      });
  }

  /**
   * Returns the label of a moment of the replay.
   * @param {import("./replay.js").Moment} moment
   */
  moment({ at, results }) {
    const voters = this._voters(results.totalVoters ?? 0);
    return this.say("replayMoment", { time: times.format(at), count: voters });
  }

  /** @param {number} count */
  _voters(count) {
    return `${formatCount(count)} ${this.count("voters", count)}`;
  }
}
