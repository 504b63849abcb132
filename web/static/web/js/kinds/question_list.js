/* The questions on the voter's page. Once the reader has touched them, they stay where they are while
   people vote and ask, until the reader asks for the new ones or another order. */

import { byId, setText } from "../page.js";
import { counted } from "./counted.js";
import { glideThrough } from "./gliding.js";
import { arrange, makeRow, questionsOf, rowsOf, showQuestion, sorted } from "./question_rows.js";

/** @typedef {import("./question_rows.js").Question} Question
 *  @typedef {import("../poll_store.js").PollHead} PollHead
 *  @typedef {import("../poll_store.js").Results} Results */

/** @type {QuestionList | null} the ballot and the result of a page share it */
let shared = null;

export class QuestionList {
  /**
   * Returns the list of this page.
   * @param {Record<string, any>} texts those of the kind
   */
  static ofPage(texts) {
    shared ??= new QuestionList(texts);
    return shared;
  }

  /** @param {Record<string, any>} texts */
  constructor(texts) {
    this._texts = texts;
    this._list = byId("questions");
    this._new = byId("questions-new");
    this._sorting = /** @type {HTMLSelectElement} */ (byId("questions-sort"));
    this._rows = rowsOf(this._list);
    /** @type {Map<string, Question>} */
    this._questions = new Map();
    /** @type {Set<string>} ids of questions that this person asked while the page is open */
    this._own = new Set();
    /** @type {() => void} called when there are other rows */
    this.onRows = () => {};
    this._isTouched = false;
    for (const type of ["pointerdown", "keydown", "focusin"]) {
      this._list.addEventListener(type, () => (this._isTouched = true));
    }
    addEventListener("scroll", () => (this._isTouched = true), { once: true });
    this._new.addEventListener("click", () => this._showNew());
    this._sorting.addEventListener("change", () => this._sort());
  }

  /** @returns {HTMLInputElement[]} the boxes of the questions that are shown */
  get boxes() {
    return Array.from(this._list.querySelectorAll("input"));
  }

  /**
   * @param {PollHead} head
   * @param {Results} results without counts if they are not known
   */
  show(head, results) {
    const questions = questionsOf(head, results);
    this._questions = new Map(questions.map((question) => [question.id, question]));
    for (const id of [...this._rows.keys()]) if (!this._questions.has(id)) this._remove(id);
    if (this._rows.size === 0 || !this._isTouched) this._sort();
    else if (questions.some(({ id }) => this._own.has(id) && !this._rows.has(id))) this._addOwn();
    this._update();
  }

  /**
   * Shows a question of this person at once, at the top.
   * @param {string} id
   */
  addOwn(id) {
    this._own.add(id);
    if (this._questions.has(id)) this._addOwn();
    this._update();
  }

  _addOwn() {
    const added = [...this._own].filter((id) => this._questions.has(id) && !this._rows.has(id));
    if (added.length) this._arrange([...added, ...rowsOf(this._list).keys()]);
  }

  _showNew() {
    this._sort();
    // The button is gone.
    this.boxes[0]?.focus();
  }

  _sort() {
    const by = /** @type {import("./question_rows.js").Sorting} */ (this._sorting.value);
    this._arrange(sorted(this._questions.values(), by).map(({ id }) => id));
    this._update();
  }

  /** @param {string[]} ids */
  _arrange(ids) {
    const isGrowing = ids.some((id) => !this._rows.has(id));
    glideThrough(() => this._rows.values(), () => {
      for (const id of ids) if (!this._rows.has(id)) this._rows.set(id, makeRow(id, true));
      arrange(this._list, ids.map((id) => /** @type {HTMLElement} */ (this._rows.get(id))));
    });
    if (isGrowing) this.onRows();
  }

  /** @param {string} id */
  _remove(id) {
    this._rows.get(id)?.remove();
    this._rows.delete(id);
  }

  _update() {
    for (const [id, row] of this._rows) {
      const question = this._questions.get(id);
      if (question) showQuestion(row, question, this._marksOf(question));
    }
    byId("questions-empty").hidden = this._rows.size > 0;
    this._drawNew();
  }

  /** @param {Question} question */
  _marksOf({ id, isPinned, isAnswered }) {
    const { pinned, answered, yours } = this._texts;
    return [...(isPinned ? [pinned] : []), ...(isAnswered ? [answered] : []), ...(this._own.has(id) ? [yours] : [])];
  }

  /** Offers what would change in the list. */
  _drawNew() {
    const count = this._questions.size - this._rows.size;
    const by = /** @type {import("./question_rows.js").Sorting} */ (this._sorting.value);
    const order = sorted(this._questions.values(), by).map(({ id }) => id);
    const isSorted = order.join() === [...rowsOf(this._list).keys()].join();
    const text = count ? counted(this._texts.newQuestions, count) : isSorted ? "" : this._texts.newOrder;
    this._new.hidden = text === "";
    setText(this._new, text);
  }
}
