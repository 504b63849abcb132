/* The bars on stage: many options are ranked, and the winners are marked at the end. */

import { Bars } from "../bars.js";
import { glide, isCalm, placesOf } from "../kinds/gliding.js";
import { shortLabels } from "./labels.js";

/** @typedef {import("../poll_store.js").Results} Results
 *  @typedef {import("../poll_store.js").OptionTally} OptionTally
 *  @typedef {{results: Results, leading: Set<string>, mark: string}} Picture
 *    `leading` are the options to mark with the words `mark` */

// From this many options on, they are ranked: the first ones large, the others small.
const RANKED_FROM = 17;
// Bars that change places all the time are unreadable.
const RANKED_EVERY_MS = 1_500;

export class Chart extends Bars {
  /** @param {HTMLElement} list */
  constructor(list) {
    super(list);
    /** @type {string[]} */
    this._ranking = [];
    this._rankedAt = -Infinity;
    this._timer = 0;
    /** @type {Map<string, string>} */
    this._shortLabels = new Map();
    /** The order of ranked options; the fit depends on it. */
    this.layout = "";
  }

  /**
   * Shows options in full, or shortened to their differences.
   * @param {boolean} areShort
   */
  shortenLabels(areShort) {
    const options = areShort ? /** @type {Results} */ (this._results).options : [];
    this._shortLabels = shortLabels(options);
    this._draw();
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  _label(id, text) {
    return this._shortLabels.get(id) ?? text;
  }

  /**
   * Draws at once: the stage calls it in an animation frame.
   * @param {Picture} picture
   */
  draw(picture) {
    this._picture = picture;
    const { results } = picture;
    const isRanked = results.options.length >= RANKED_FROM && (results.totalVotes ?? 0) > 0;
    const options = isRanked ? this._ranked(results.options) : results.options;
    const places = this._moves(options) ? placesOf(this._rows.values()) : null;
    this._list.classList.toggle("bars-ranked", isRanked);
    this._results = { ...results, options };
    this.layout = isRanked ? options.map(({ id }) => id).join() : "";
    this._draw();
    this._mark(picture);
    if (places) glide(places);
  }

  end() {
    clearTimeout(this._timer);
  }

  /**
   * @param {OptionTally[]} options
   * @returns {OptionTally[]}
   */
  _ranked(options) {
    const byId = new Map(options.map((option) => [option.id, option]));
    const waitMs = this._rankedAt + RANKED_EVERY_MS - performance.now();
    const isSame = this._ranking.length === byId.size && this._ranking.every((id) => byId.has(id));
    if (waitMs > 0 && isSame) {
      this._timer ||= setTimeout(() => this._rankAgain(), waitMs);
    } else {
      const sorted = [...options].sort((one, other) => (other.voteCount ?? 0) - (one.voteCount ?? 0));
      this._ranking = sorted.map((option) => option.id);
      this._rankedAt = performance.now();
    }
    return this._ranking.map((id) => /** @type {OptionTally} */ (byId.get(id)));
  }

  _rankAgain() {
    this._timer = 0;
    this.draw(/** @type {Picture} */ (this._picture));
  }

  /** @param {OptionTally[]} options */
  _moves(options) {
    const rows = /** @type {HTMLCollectionOf<HTMLElement>} */ (this._list.children);
    // No animation for the first drawing.
    return this._results !== null && !isCalm() && options.some(({ id }, index) => rows[index]?.dataset.option !== id);
  }

  /** @param {Picture} picture */
  _mark({ leading, mark }) {
    this._list.classList.toggle("bars-decided", leading.size > 0);
    for (const [id, row] of this._rows) {
      row.classList.toggle("bar-leads", leading.has(id));
      const place = row.querySelector(".bar-mark");
      if (!leading.has(id)) place?.remove();
      else if (!place) row.querySelector(".bar-label")?.after(markOf(mark));
      else if (place.textContent !== mark) place.textContent = mark;
    }
  }
}

/** @param {string} text */
function markOf(text) {
  return Object.assign(document.createElement("span"), { className: "bar-mark", textContent: text });
}
