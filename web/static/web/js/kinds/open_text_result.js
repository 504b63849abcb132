/* The result of `open_text`: a wall of cards, the newest first. */

import { fill, formatCount, setText } from "../page.js";
import { counted } from "./counted.js";
import { KindResult } from "./kind_result.js";
import { Pages } from "./pages.js";
import { Wall } from "./wall.js";

/** @typedef {import("./kind_result.js").Shown} Shown
 *  @typedef {{cards: import("./wall.js").Card[], total: number}} Tally */

// Cards that move more often can't be read.
const DRAW_EVERY_MS = 1_000;
const SUMMARY_CHARS = 120;
/** @type {Tally} */
const NOTHING = { cards: [], total: 0 };

export class Result extends KindResult {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts
   * @param {import("./kind_result.js").Surface} surface
   */
  constructor(place, texts, surface) {
    super(place, texts, surface);
    const { yours, times } = texts.kind;
    const list = this._part(".wall");
    this._wall = new Wall(list, { yours, times: (count) => counted(times, count) });
    this._pages = surface === "stage" ? new Pages(list, place, texts.kind.page, () => this._drawNow()) : null;
    this._drawnAt = -Infinity;
    this._timer = 0;
  }

  end() {
    super.end();
    clearTimeout(this._timer);
    this._pages?.end();
  }

  /** @param {Shown} shown */
  paint({ results }) {
    const waitMs = this._drawnAt + DRAW_EVERY_MS - performance.now();
    // Hiding takes effect at once.
    if (waitMs <= 0 || results.version === null) this._drawNow();
    else this._timer ||= setTimeout(() => this._drawNow(), waitMs);
  }

  /** @param {Shown} shown */
  summary({ results }) {
    const [newest] = tallyOf(results).cards;
    if (!newest) return [];
    const text = newest.text.length > SUMMARY_CHARS ? `${newest.text.slice(0, SUMMARY_CHARS)}…` : newest.text;
    return [fill(this.texts.kind.summary, { text })];
  }

  /** @param {Shown} shown */
  outcome({ results }) {
    return counted(this.texts.kind.texts, tallyOf(results).total);
  }

  fit() {
    this._pages?.measure();
  }

  _drawNow() {
    clearTimeout(this._timer);
    this._timer = 0;
    if (!this.shown) return;
    this._drawnAt = performance.now();
    const { results, answers } = this.shown;
    const { cards, total } = tallyOf(results);
    const shown = this._withoutHeld(cards);
    this._wall.draw(shown, answers[0]?.text);
    this._drawWords(results, cards, total);
    this._pages?.measure();
  }

  /**
   * While a later page is read, new cards wait, so that nothing moves under the eyes of the room.
   * @param {import("./wall.js").Card[]} cards
   */
  _withoutHeld(cards) {
    if (!this._pages || this._pages.isFirst) {
      this._pages?.announce("");
      return cards;
    }
    const known = this._wall.texts;
    const shown = cards.filter(({ text }) => known.has(text));
    const held = cards.length - shown.length;
    this._pages.announce(held ? counted(this.texts.kind.waiting, held) : "");
    return shown;
  }

  /**
   * @param {import("./kind_result.js").Results} results
   * @param {import("./wall.js").Card[]} cards
   * @param {number} total
   */
  _drawWords({ version }, cards, total) {
    const { kind } = this.texts;
    const isHidden = version === null;
    this._part(".wall-empty").hidden = cards.length > 0;
    setText(this._part(".wall-empty"), isHidden ? kind.hidden : total ? kind.unapproved : kind.nothing);
    const texts = counted(kind.texts, total);
    const sent = cards.reduce((sum, { count }) => sum + count, 0);
    const isPart = sent > 0 && sent < total;
    const shown = formatCount(cards.length);
    setText(this._part(".wall-count"), total === 0 ? "" : isPart ? fill(kind.newest, { shown, texts }) : texts);
  }

  /**
   * @param {string} selector
   * @returns {HTMLElement}
   */
  _part(selector) {
    return /** @type {HTMLElement} */ (this.place.querySelector(selector));
  }
}

/**
 * @param {import("./kind_result.js").Results} results
 * @returns {Tally} nothing while the results are hidden
 */
const tallyOf = ({ tally }) => tally ?? NOTHING;
