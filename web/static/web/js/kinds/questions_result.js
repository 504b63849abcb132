/* The result of `questions`. On the voter's page the questions are those of the ballot, with their
   counts; elsewhere they are a list whose rows glide to their places. */

import { fill, formatCount, setText } from "../page.js";
import { counted } from "./counted.js";
import { glideThrough } from "./gliding.js";
import { KindResult } from "./kind_result.js";
import { Pages } from "./pages.js";
import { QuestionList } from "./question_list.js";
import { arrange, makeRow, questionsOf, rowsOf, showQuestion, sorted } from "./question_rows.js";

/** @typedef {import("./kind_result.js").Shown} Shown */

// Rows that move more often can't be read.
const DRAW_EVERY_MS = 800;
const SUMMARY_QUESTIONS = 3;

export class Result extends KindResult {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts
   * @param {import("./kind_result.js").Surface} surface
   */
  constructor(place, texts, surface) {
    super(place, texts, surface);
    const list = /** @type {HTMLElement | null} */ (place.querySelector(".questions"));
    this._list = list;
    this._rows = list ? rowsOf(list) : new Map();
    this._pages = list && surface === "stage" ? new Pages(list, place, texts.kind.page, () => {}) : null;
    this._drawnAt = -Infinity;
    this._timer = 0;
  }

  end() {
    super.end();
    clearTimeout(this._timer);
    this._pages?.end();
  }

  /** @param {Shown} shown */
  paint({ head, results }) {
    if (this.surface === "vote") return QuestionList.ofPage(this.texts.kind).show(head, results);
    const waitMs = this._drawnAt + DRAW_EVERY_MS - performance.now();
    // Hiding takes effect at once.
    if (waitMs <= 0 || results.version === null) this._drawNow();
    else this._timer ||= setTimeout(() => this._drawNow(), waitMs);
  }

  /** @param {Shown} shown */
  summary({ head, results }) {
    return sorted(questionsOf(head, results))
      .filter(({ isAnswered, count }) => !isAnswered && count !== null)
      .slice(0, SUMMARY_QUESTIONS)
      .map(({ text, count }) => fill(this.texts.kind.summary, { question: text, votes: counted(this.texts.kind.votes, count ?? 0) }));
  }

  /** @param {Shown} shown */
  outcome({ head, results }) {
    return this._total(questionsOf(head, results));
  }

  fit() {
    this._pages?.measure();
  }

  _drawNow() {
    clearTimeout(this._timer);
    this._timer = 0;
    const list = this._list;
    if (!this.shown || !list) return;
    this._drawnAt = performance.now();
    const { head, results } = this.shown;
    const questions = sorted(questionsOf(head, results));
    glideThrough(() => this._rows.values(), () => this._replace(list, questions));
    /** @type {HTMLElement} */ (this.place.querySelector(".questions-empty")).hidden = questions.length > 0;
    setText(/** @type {HTMLElement} */ (this.place.querySelector(".questions-total")), this._total(questions));
    this._pages?.measure();
  }

  /**
   * @param {HTMLElement} list
   * @param {import("./question_rows.js").Question[]} questions
   */
  _replace(list, questions) {
    const ids = new Set(questions.map(({ id }) => id));
    for (const [id, row] of this._rows) if (!ids.has(id)) row.remove();
    this._rows = new Map(questions.map(({ id }) => [id, this._rows.get(id) ?? makeRow(id, false)]));
    arrange(list, [...this._rows.values()]);
    const { pinned, answered } = this.texts.kind;
    for (const question of questions) {
      const marks = [...(question.isPinned ? [pinned] : []), ...(question.isAnswered ? [answered] : [])];
      showQuestion(/** @type {HTMLElement} */ (this._rows.get(question.id)), question, marks);
    }
  }

  /** @param {import("./question_rows.js").Question[]} questions */
  _total(questions) {
    if (!questions.length) return "";
    const text = counted(this.texts.kind.questions, questions.length);
    const answered = questions.filter(({ isAnswered }) => isAnswered).length;
    return answered ? fill(this.texts.kind.withAnswered, { questions: text, answered: formatCount(answered) }) : text;
  }
}
