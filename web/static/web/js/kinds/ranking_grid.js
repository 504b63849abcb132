/* The head-to-head grid of a ranking by the Schulze method: how many people prefer each option to each
   other, in the order of the result. A square fills with the share of the people. */

import { fill, formatCount, setText } from "../page.js";
import { namesWithin } from "../present/labels.js";
import { glide, placesOf } from "./gliding.js";
import { namesOf } from "./ranking_words.js";

/** @typedef {import("../poll_store.js").Results} Results
 *  @typedef {import("./ranking_words.js").Tally} Tally */

const SORTED_EVERY_MS = 1_500;
// From here on the names beside the grid are small, and the stage has the leaders in large letters.
const MANY = 9;
const LEADERS = 6;
// Longer names are cut beside a grid with few options, and beside one with many.
const LONG_CHARS = 40;
const LONG_CHARS_OF_MANY = 18;

export class RankingGrid {
  /**
   * @param {HTMLTableElement} table
   * @param {Record<string, any>} texts of the kind
   */
  constructor(table, texts) {
    this._table = table;
    this._body = table.tBodies[0];
    this._head = /** @type {HTMLTableSectionElement} */ (table.tHead).rows[0];
    this._texts = texts;
    this._leaders = /** @type {HTMLElement | null} */ (table.parentElement?.querySelector(".ranking-leaders") ?? null);
    /** @type {Map<string, string>} */
    this._names = new Map();
    this._order = "";
    this._sortedAt = -Infinity;
    this._timer = 0;
  }

  /** The order that is shown. */
  get layout() {
    return this._order;
  }

  /**
   * @param {Results} results
   * @param {{mark: string, isAtOnce: boolean}} look the mark of those in the first place; unless
   *   `isAtOnce`, the order changes at intervals
   */
  draw(results, look) {
    clearTimeout(this._timer);
    const view = viewOf(results);
    this._names = namesWithin(view.options, view.options.length < MANY ? LONG_CHARS : LONG_CHARS_OF_MANY);
    const order = view.options.map(({ id }) => id).join();
    const waitMs = this._sortedAt + SORTED_EVERY_MS - performance.now();
    if (order !== this._order && this._order && waitMs > 0 && !look.isAtOnce) {
      // Its numbers belong to another order: they wait, too.
      this._timer = setTimeout(() => this.draw(results, look), waitMs);
      return;
    }
    const rows = /** @type {HTMLElement[]} */ ([...this._body.rows]);
    const places = order !== this._order && this._order ? placesOf(rows) : null;
    if (order !== this._order) this._sortedAt = performance.now();
    this._order = order;
    this._table.style.setProperty("--count", String(view.options.length));
    this._drawHead(view);
    view.options.forEach((option, index) => this._drawRow(view, index, option, look.mark));
    this._drawLeaders(view, look.mark);
    if (places) glide(places);
  }

  end() {
    clearTimeout(this._timer);
  }

  /** @param {View} view */
  _drawHead({ options, wins }) {
    const cells = this._head.cells;
    while (cells.length > options.length + 1) this._head.deleteCell(-1);
    options.forEach(({ text }, index) => {
      const cell = cells[index + 1] ?? this._head.appendChild(headCell());
      setText(cell.children[0], wins ? String(index + 1) : "");
      setText(cell.children[1], text);
    });
  }

  /**
   * @param {View} view
   * @param {number} index
   * @param {View["options"][number]} option
   * @param {string} mark
   */
  _drawRow({ options, wins, voters }, index, { id, text, place }, mark) {
    const row = this._rowOf(id, index);
    const [number, name, badge] = /** @type {HTMLElement[]} */ ([...row.cells[0].children[0].children]);
    setText(number, wins ? String(place) : "");
    setText(name, this._names.get(id) ?? text);
    badge.hidden = place !== 1 || !mark;
    setText(badge, badge.hidden ? "" : mark);
    row.classList.toggle("ranking-first", place === 1 && wins !== null);
    while (row.cells.length > options.length + 1) row.deleteCell(-1);
    options.forEach(({ text: column }, other) => {
      const square = row.cells[other + 1] ?? row.appendChild(squareCell());
      if (other === index || !wins) return empty(square, other === index);
      const outcome = outcomeOf(wins[index][other], wins[other][index]);
      square.className = `ranking-square ranking-${outcome}`;
      square.title = fill(this._texts.cells[outcome], { row: text, column });
      square.style.setProperty("--fill", String(voters ? wins[index][other] / voters : 0));
      setText(square.children[0], formatCount(wins[index][other]));
    });
  }

  /**
   * @param {View} view
   * @param {string} mark
   */
  _drawLeaders({ options, wins }, mark) {
    if (!this._leaders) return;
    this._leaders.hidden = options.length < MANY || !wins;
    if (this._leaders.hidden) return;
    options.slice(0, LEADERS).forEach(({ id, text, place }, index) => {
      const row = this._leaders?.children[index] ?? this._leaders?.appendChild(leaderRow());
      if (!row) return;
      setText(row.children[0], String(place));
      setText(row.children[1], this._names.get(id) ?? text);
      setText(row.children[2], place === 1 ? mark : "");
    });
  }

  /**
   * Returns the row of an option, at its place.
   * @param {string} id
   * @param {number} index
   */
  _rowOf(id, index) {
    const rows = this._body.rows;
    const found = Array.from(rows).find(({ dataset }) => dataset.option === id);
    const row = found ?? document.createElement("tr");
    if (!found) {
      row.dataset.option = id;
      row.append(rowHead());
    } else if (row.cells[0].children[0].children.length < 3) {
      row.cells[0].replaceWith(rowHead());
    }
    if (rows[index] !== row) this._body.insertBefore(row, rows[index] ?? null);
    return row;
  }
}

/** @typedef {{options: {id: string, text: string, place: number}[], wins: number[][] | null, voters: number}} View
 *    without `wins` while there are no votes, or they are hidden */

/**
 * @param {Results} results
 * @returns {View}
 */
function viewOf(results) {
  /** @type {Tally | null} */
  const tally = results.tally;
  const voters = results.totalVoters ?? 0;
  if (!tally || !voters) {
    return { options: results.options.map(({ id, text }) => ({ id, text, place: 0 })), wins: null, voters };
  }
  const name = namesOf(results);
  const options = tally.options.map(({ optionId, place }) => ({ id: optionId, text: name(optionId), place }));
  return { options, wins: tally.wins, voters };
}

/**
 * @param {number} won
 * @param {number} lost
 */
function outcomeOf(won, lost) {
  if (won === lost) return "ties";
  return won > lost ? "wins" : "loses";
}

/**
 * @param {HTMLElement} square
 * @param {boolean} isDiagonal
 */
function empty(square, isDiagonal) {
  square.className = isDiagonal ? "ranking-diagonal" : "ranking-square";
  square.removeAttribute("title");
  square.style.setProperty("--fill", "0");
  setText(square.children[0], "");
}

function headCell() {
  const cell = Object.assign(document.createElement("th"), { scope: "col" });
  const number = document.createElement("span");
  number.setAttribute("aria-hidden", "true");
  const name = Object.assign(document.createElement("span"), { className: "visually-hidden", dir: "auto" });
  cell.append(number, name);
  return cell;
}

function rowHead() {
  const cell = Object.assign(document.createElement("th"), { scope: "row" });
  const place = Object.assign(document.createElement("span"), { className: "ranking-place numbers" });
  const name = Object.assign(document.createElement("span"), { className: "ranking-name", dir: "auto" });
  const mark = Object.assign(document.createElement("span"), { className: "bar-mark", hidden: true });
  const label = Object.assign(document.createElement("span"), { className: "ranking-label" });
  label.append(place, name, mark);
  cell.append(label);
  return cell;
}

function leaderRow() {
  const row = document.createElement("li");
  const parts = ["ranking-place numbers", "ranking-name", "bar-mark"].map((className) =>
    Object.assign(document.createElement("span"), { className, dir: "auto" }),
  );
  row.append(...parts);
  return row;
}

function squareCell() {
  const cell = document.createElement("td");
  cell.append(document.createElement("span"));
  return cell;
}
