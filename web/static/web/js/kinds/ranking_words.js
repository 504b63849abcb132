/* Sentences about the results of rankings; web/kinds/ranking_results.py says the same. */

import { fill, formatCount } from "../page.js";

/** @typedef {import("../poll_store.js").Results} Results
 *  @typedef {{optionId: string, place: number, points: number, firsts: number, share: number}} RankedOption
 *  @typedef {{optionIds: string[], counts: number[], exhausted: number, eliminatedId: string | null,
 *    isTied: boolean}} Round
 *  @typedef {{winnerId: string | null, rounds: Round[], order: string[]}} Runoff
 *  @typedef {{method: string, options: RankedOption[], wins: number[][], runoff: Runoff | null}} Tally */

const plurals = new Intl.PluralRules(document.documentElement.lang || "en");

// In spoken summaries.
const HEARD_OPTIONS = 5;

/** The words of the kind, which the page hands over. */
export class RankingWords {
  /** @param {Record<string, any>} texts */
  constructor(texts) {
    this.texts = texts;
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number>} [values]
   */
  say(name, values = {}) {
    return fill(this.texts[name], values);
  }

  /**
   * @param {string} name of plural forms
   * @param {number} count
   */
  count(name, count) {
    const forms = this.texts[name];
    return fill(forms[plurals.select(count)] ?? forms.other, { count: formatCount(count) });
  }

  /**
   * Returns how to read the picture.
   * @param {string} method
   * @param {Results} results
   */
  note(method, { options, tally }) {
    if (method === "borda") return this.say("pointsNote", { points: this.count("points", options.length - 1) });
    if (method === "schulze") return this.say("pairsNote");
    return tally?.runoff ? "" : this.say("firstsNote");
  }

  /**
   * Returns the leading options in words: a sentence, and the first few with their numbers.
   * @param {Results} results
   * @returns {string[]}
   */
  summary(results) {
    /** @type {Tally | null} */
    const tally = results.tally;
    if (!tally || !results.totalVoters) return [];
    const name = namesOf(results);
    const first = tally.options.filter(({ place }) => place === 1);
    const value = this._valueOf(tally, first[0]);
    const sentence = first.length > 1
      ? this.say("level", { options: this._list(first.map(({ optionId }) => name(optionId))) })
      : this.say(value ? "leads" : "leadsPairs", { option: name(first[0].optionId), value });
    const lines = tally.options.slice(0, HEARD_OPTIONS).map((option) =>
      value ? this.say("summaryItem", { option: name(option.optionId), value: this._valueOf(tally, option) })
        : `${option.place}. ${name(option.optionId)}`);
    return [tally.runoff ? this.outcome(results) : sentence, lines.join("; ")];
  }

  /**
   * Returns the outcome of a closed poll.
   * @param {Results} results
   * @returns {string}
   */
  outcome(results) {
    /** @type {Tally | null} */
    const tally = results.tally;
    if (!tally || !results.totalVoters) return "";
    const name = namesOf(results);
    if (tally.method === "instant_runoff") {
      return tally.runoff ? this._runoffOutcome(tally.runoff, name) : this.say("counting");
    }
    const first = tally.options.filter(({ place }) => place === 1);
    if (first.length > 1) return this.say("level", { options: this._list(first.map(({ optionId }) => name(optionId))) });
    const option = name(first[0].optionId);
    if (tally.method === "borda") return this.say("wins", { option, value: this._valueOf(tally, first[0]) });
    return this.say(beatsAll(tally.wins) ? "beatsAll" : "winsPlainly", { option });
  }

  /**
   * @param {Runoff} runoff
   * @param {(id: string) => string} name
   */
  _runoffOutcome({ winnerId, rounds }, name) {
    if (winnerId === null || !rounds.length) return "";
    const option = name(winnerId);
    const lastTie = rounds.find(({ isTied, optionIds }) => isTied && optionIds.length === 2);
    if (lastTie) return this.say("lastTie", { options: this._list(lastTie.optionIds.map(name)), option });
    const { optionIds, counts } = rounds[rounds.length - 1];
    return this.say(rounds.some(({ isTied }) => isTied) ? "winsAfterTie" : "winsRound", {
      option,
      round: rounds.length,
      count: formatCount(counts[optionIds.indexOf(winnerId)]),
      total: formatCount(sum(counts)),
    });
  }

  /**
   * Returns the number of an option in words; none for head-to-head comparisons.
   * @param {Tally} tally
   * @param {RankedOption} option
   */
  _valueOf({ method }, { points, firsts }) {
    if (method === "schulze") return "";
    return method === "borda" ? this.count("points", points) : this.count("votes", firsts);
  }

  /** @param {string[]} names */
  _list(names) {
    return names.join(this.texts.separator);
  }
}

/**
 * Returns a function that returns the text of an option.
 * @param {Results} results
 */
export function namesOf({ options }) {
  const names = new Map(options.map(({ id, text }) => [id, text]));
  return (/** @type {string} */ id) => names.get(id) ?? "";
}

/** @param {number[]} numbers */
export const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** @param {number[][]} wins */
function beatsAll(wins) {
  return wins.every((row, index) => index === 0 || wins[0][index] > row[0]);
}
