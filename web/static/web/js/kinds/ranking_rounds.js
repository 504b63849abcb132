/* Shows the rounds of an instant runoff, one after another, with buttons to step through them. */

import { fill, formatCount, formatShare } from "../page.js";
import { isCalm } from "./gliding.js";
import { namesOf, sum } from "./ranking_words.js";

/** @typedef {import("../poll_store.js").Results} Results
 *  @typedef {import("./ranking_words.js").Runoff} Runoff
 *  @typedef {import("./ranking_words.js").Round} Round
 *  @typedef {import("./ranking_words.js").RankingWords} RankingWords
 *  @typedef {import("./ranking_bars.js").Item} Item */

const ROUND_MS = 3_200;

export class RankingRounds {
  /**
   * @param {HTMLElement} place the buttons
   * @param {RankingWords} words
   * @param {() => void} onChange called when another round is to be shown
   */
  constructor(place, words, onChange) {
    this._place = place;
    this._words = words;
    this._onChange = onChange;
    this._count = 0;
    this._index = 0;
    this._timer = 0;
    this._ending = new AbortController();
    place.addEventListener("click", (event) => this._clicked(event));
  }

  /** The round to show, from 0. */
  get index() {
    return this._index;
  }

  get isPlaying() {
    return this._timer !== 0;
  }

  /** Which round is shown, in words. */
  get text() {
    return this._words.say("round", { round: this._index + 1, count: this._count });
  }

  /** Whether the last round is shown. */
  get isOver() {
    return this._index >= this._count - 1;
  }

  /**
   * Takes over the rounds; the last one is shown at first, unless they were just counted.
   * @param {number} count 0: there are none
   * @param {boolean} isNew whether the page has waited for them
   */
  take(count, isNew) {
    if (count !== this._count) {
      this._pause();
      this._count = count;
      this._index = Math.max(0, count - 1);
      if (isNew && count > 1 && !isCalm()) this.play();
    }
    this._draw();
  }

  /** Hides the buttons until rounds are taken over again: the results are hidden. */
  hide() {
    this._place.hidden = true;
  }

  /** Plays the rounds from the first one. */
  play() {
    this._index = 0;
    this._timer = setTimeout(() => this._next(), ROUND_MS);
  }

  /** Steps to another round with the arrow keys, wherever the focus is. */
  followKeys() {
    const { signal } = this._ending;
    document.addEventListener("keydown", (event) => this._count > 1 && this._pressed(event), { signal });
  }

  /** @param {KeyboardEvent} event */
  _pressed({ key, target, altKey, ctrlKey, metaKey }) {
    const isTaken = /** @type {Element} */ (target).closest("input, textarea, select, dialog");
    if (isTaken || altKey || ctrlKey || metaKey) return;
    const isRtl = getComputedStyle(this._place).direction === "rtl";
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step) this._step(isRtl ? -step : step);
  }

  end() {
    this._pause();
    this._ending.abort();
  }

  /** @param {MouseEvent} event */
  _clicked({ target }) {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest("[data-step]"));
    if (!button) return;
    const step = Number(button.dataset.step);
    if (step) return this._step(step);
    if (this._timer) this._pause();
    else this.play();
    this._onChange();
  }

  /** @param {number} by */
  _step(by) {
    this._pause();
    this._index = Math.max(0, Math.min(this._count - 1, this._index + by));
    this._onChange();
  }

  _next() {
    this._index += 1;
    this._timer = this.isOver ? 0 : setTimeout(() => this._next(), ROUND_MS);
    this._onChange();
  }

  _pause() {
    clearTimeout(this._timer);
    this._timer = 0;
  }

  _draw() {
    const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (this._place.querySelector(selector));
    this._place.hidden = this._count < 2;
    part('[data-step="-1"]').setAttribute("aria-disabled", String(this._index === 0));
    part('[data-step="1"]').setAttribute("aria-disabled", String(this.isOver));
    part('[data-step="0"]').textContent = this._words.say(this._timer ? "pause" : "play");
    part(".ranking-round").textContent = this.text;
  }
}

/**
 * Returns the bars of a round, those with the most votes first, and those that are out last.
 * @param {Results} results
 * @param {number} index
 * @param {RankingWords} words
 * @returns {Item[]}
 */
export function itemsOfRound(results, index, words) {
  /** @type {Runoff} */
  const { rounds, order, winnerId } = results.tally.runoff;
  const active = sum(rounds[index].counts);
  const shareOf = (/** @type {number} */ count) => (active ? (100 * count) / active : 0);
  const name = namesOf(results);
  const counts = new Map(order.map((id) => [id, countOf(rounds[index], id)]));
  const sorted = [...order].sort((one, other) => (counts.get(other) ?? -1) - (counts.get(one) ?? -1));
  return sorted.map((id) => {
    const item = { id, text: name(id), place: 0, base: "", mark: "" };
    const count = counts.get(id) ?? null;
    if (count === null) {
      return { ...item, share: 0, gain: 0, value: "", detail: outText(rounds, id, words), isOut: true };
    }
    const gain = index ? count - (countOf(rounds[index - 1], id) ?? 0) : 0;
    const isWinner = index === rounds.length - 1 && id === winnerId;
    return {
      ...item,
      share: shareOf(count),
      gain: shareOf(gain),
      value: formatShare(shareOf(count)),
      detail: votesText(count, gain, words),
      mark: isWinner ? words.say("winner") : "",
      isOut: rounds[index].eliminatedId === id,
    };
  });
}

/**
 * Returns what happens in a round.
 * @param {Results} results
 * @param {number} index
 * @param {RankingWords} words
 */
export function noteOfRound(results, index, words) {
  /** @type {Runoff} */
  const { rounds, winnerId } = results.tally.runoff;
  const { eliminatedId, isTied, exhausted, optionIds } = rounds[index];
  const name = namesOf(results);
  const before = index ? rounds[index - 1].eliminatedId : null;
  const sentences = [
    before ? words.say("roundTransfers", { option: name(before) }) : "",
    exhausted ? words.count("exhausted", exhausted) : "",
    eliminatedId
      ? words.say(isTied ? "roundOutTied" : "roundOut", { option: name(eliminatedId) })
      : words.say(optionIds.length === 1 ? "roundLast" : "roundWon", { option: name(winnerId ?? "") }),
  ];
  return sentences.filter(Boolean).join(" ");
}

/**
 * Returns how many votes win a round.
 * @param {Round} round
 * @param {RankingWords} words
 */
export function majorityText({ counts }, words) {
  return words.say("majority", { count: formatCount(Math.floor(sum(counts) / 2) + 1) });
}

/**
 * @param {Round} round
 * @param {string} id
 * @returns {number | null} null if the option is out
 */
function countOf({ optionIds, counts }, id) {
  const at = optionIds.indexOf(id);
  return at < 0 ? null : counts[at];
}

/**
 * @param {number} count
 * @param {number} gain
 * @param {RankingWords} words
 */
function votesText(count, gain, words) {
  const votes = words.count("votes", count);
  // Isolated, so that the sign stays before the number in right-to-left text.
  return gain ? `${votes} (\u2066+${formatCount(gain)}\u2069)` : votes;
}

/**
 * @param {Round[]} rounds
 * @param {string} id
 * @param {RankingWords} words
 */
function outText(rounds, id, words) {
  const round = rounds.findIndex(({ eliminatedId }) => eliminatedId === id) + 1;
  return fill(words.texts.cells.out, { round });
}
