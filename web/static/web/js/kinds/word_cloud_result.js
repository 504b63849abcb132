/* The result of `word_cloud`: a cloud, with a list for screen readers and for reading. Browsers that
   cannot lay out a cloud show the list as words of different sizes, like pages without a script. */

import { fill, formatCount, setText } from "../page.js";
import { Cloud } from "./cloud.js";
import { canLayOut, CloudLayout } from "./cloud_layout.js";
import { counted } from "./counted.js";
import { KindResult } from "./kind_result.js";

/** @typedef {import("./kind_result.js").Shown} Shown
 *  @typedef {{key: string, text: string, count: number}} CountedWord
 *  @typedef {{words: CountedWord[], total: number}} Tally */

// The same as SIZES in web/kinds/word_cloud.py.
const SIZES = 6;
const SUMMARY_WORDS = 5;
// The smallest letters: on stage a share of the largest 16:9 screen that fits into the window.
const MIN_SIZE_PX = 15;
const MIN_SIZE_ON_STAGE = 1.5 / 100;
/** @type {Tally} */
const NOTHING = { words: [], total: 0 };

export class Result extends KindResult {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts
   * @param {import("./kind_result.js").Surface} surface
   */
  constructor(place, texts, surface) {
    super(place, texts, surface);
    this._picture = this._part(".cloud-picture");
    this._list = this._part(".cloud-list");
    this._cloud = new Cloud(this._picture);
    /** @type {CloudLayout | null} */
    this._layout = null;
    this._observer = new ResizeObserver(() => this._layOut());
    if (canLayOut) this._start();
  }

  end() {
    super.end();
    this._observer.disconnect();
    this._layout?.end();
  }

  /** @param {Shown} shown */
  paint({ results }) {
    const { words, total } = tallyOf(results);
    const { kind } = this.texts;
    this.place.toggleAttribute("data-empty", words.length === 0);
    this._part(".cloud-empty").hidden = words.length > 0;
    this._part(".cloud-details").hidden = words.length === 0;
    const people = results.totalVoters ?? 0;
    const count = fill(kind.count, { words: counted(kind.words, total), people: counted(kind.people, people) });
    setText(this._part(".cloud-count"), words.length ? count : "");
    setText(this._part(".cloud-empty"), results.version === null ? kind.hidden : kind.nothing);
    this._drawList(words);
    this._layOut();
  }

  /** @param {Shown} shown */
  summary({ results }) {
    const { words } = tallyOf(results);
    return words
      .slice(0, SUMMARY_WORDS)
      .map(({ text, count }) => fill(this.texts.kind.wordCount, { word: text, count: formatCount(count) }));
  }

  /** @param {Shown} shown */
  outcome({ results }) {
    const { words } = tallyOf(results);
    const most = words.filter(({ count }) => count === words[0].count);
    return most.length ? counted(this.texts.kind.outcome, most.length, { word: most[0].text }) : "";
  }

  fit() {
    this._layOut();
  }

  _start() {
    const url = this._picture.dataset.worker ?? "";
    const font = getComputedStyle(this._picture).fontFamily;
    this._layout = new CloudLayout(url, font, (placed, height) => this._show(placed, height), () => this._goWithout());
    this.place.dataset.cloud = "";
    this._listIsFolded(true);
    this._observer.observe(this._picture);
  }

  /** The worker could not be loaded. */
  _goWithout() {
    this._layout = null;
    delete this.place.dataset.cloud;
    this._listIsFolded(false);
  }

  /** @param {boolean} isFolded */
  _listIsFolded(isFolded) {
    const details = /** @type {HTMLDetailsElement} */ (this._part(".cloud-details"));
    details.open = !isFolded || this.surface === "stage";
  }

  _layOut() {
    if (!this._layout || !this.shown) return;
    const { words } = tallyOf(this.shown.results);
    const { clientWidth: width, clientHeight: height } = this._picture;
    this._layout.request(words, { width, height }, this._minSizePx);
  }

  get _minSizePx() {
    if (this.surface !== "stage") return MIN_SIZE_PX;
    return Math.max(MIN_SIZE_PX, MIN_SIZE_ON_STAGE * Math.min(innerWidth, (innerHeight * 16) / 9));
  }

  /**
   * @param {Map<string, import("./cloud_worker.js").Placed>} placed
   * @param {number} height
   */
  _show(placed, height) {
    const { results, answers } = /** @type {Shown} */ (this.shown);
    const { words } = tallyOf(results);
    const own = new Set(answers.map(({ text }) => comparable(text ?? "")));
    const ownKeys = words.filter(({ text }) => own.has(comparable(text))).map(({ key }) => key);
    this._cloud.draw(words, placed, height, new Set(ownKeys));
  }

  /** @param {CountedWord[]} words */
  _drawList(words) {
    const most = words[0]?.count ?? 1;
    words.forEach((word, index) => {
      const row = /** @type {HTMLElement} */ (this._list.children[index] ?? this._addRow());
      row.dataset.size = String(Math.max(1, Math.round(SIZES * Math.sqrt(word.count / most))));
      setText(row.children[0], word.text);
      setText(row.children[1], formatCount(word.count));
    });
    while (this._list.children.length > words.length) this._list.lastElementChild?.remove();
  }

  _addRow() {
    const row = document.createElement("li");
    const word = Object.assign(document.createElement("bdi"), { className: "cloud-word" });
    const count = Object.assign(document.createElement("span"), { className: "cloud-number numbers" });
    row.append(word, " ", count);
    this._list.append(row);
    return row;
  }

  /**
   * @param {string} selector
   * @returns {HTMLElement}
   */
  _part(selector) {
    return /** @type {HTMLElement} */ (this.place.querySelector(selector));
  }
}

/** Accents; vowel signs of Hebrew and Arabic, and the tatweel, which only stretches a word. */
const MARKS = /[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670\u0640]/g;
/** @type {Record<string, string>} letters whose accents Unicode does not decompose, and those of I in Turkish */
const PLAIN = { ı: "i", ł: "l", ø: "o", đ: "d", ħ: "h", ß: "ss" };

/**
 * Words are counted together if they differ in case or accents only; nearly as polls.kinds.texts.fold.
 * @param {string} text
 */
const comparable = (text) =>
  text
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^йўї]/gu, (letter) => PLAIN[letter] ?? letter.normalize("NFKD").replace(MARKS, ""));

/**
 * @param {import("./kind_result.js").Results} results
 * @returns {Tally} nothing while the results are hidden
 */
const tallyOf = ({ tally }) => tally ?? NOTHING;
