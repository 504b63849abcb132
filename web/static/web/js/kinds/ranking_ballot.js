/* The ballot of `ranking`; see kind_ballot.js. Options are ranked and moved by buttons, by dragging,
   and by keys. */

import { Announcer } from "../announcer.js";
import { byId, fill, formatCount, setText } from "../page.js";
import { KindBallot } from "./kind_ballot.js";
import { RankingGrabbing } from "./ranking_grabbing.js";
import { idOf, moveTo, RankingList } from "./ranking_list.js";

/** @typedef {import("./answers.js").Answer} Answer
 *  @typedef {import("./ranking_list.js").Row} Row */

const plurals = new Intl.PluralRules(document.documentElement.lang || "en");

export class Ballot extends KindBallot {
  isOrdered = true;

  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts
   * @param {import("../poll_store.js").PollHead} head
   */
  constructor(form, texts, head) {
    super(form, texts, head);
    this._sentences = texts.kind;
    this._list = new RankingList(this.place, texts.kind, head.options.map(({ id }) => id));
    this._announcer = new Announcer(byId("ranking-status"));
    const announce = (/** @type {string} */ sentence) => this._announcer.announce(sentence);
    this._grabbing = new RankingGrabbing(this.place, this._list, announce, () => this._showCount());
    this.place.addEventListener("click", (event) => this._clicked(event));
    this._showCount();
  }

  /** @returns {Answer[]} */
  get answers() {
    return this._list.ranked.map((row, index) => ({ optionId: idOf(row), rank: index + 1 }));
  }

  get problem() {
    const { length } = this._list.ranked;
    const left = this._list.limit - length;
    if (this._list.isPartial) return length ? "" : this._sentences.rankFirst;
    return left ? fill(this._sentences.left[plurals.select(left)], { count: formatCount(left) }) : "";
  }

  /** @param {Answer[]} answers */
  choose(answers) {
    this._list.rankIds(answers.map(({ optionId }) => optionId ?? ""));
    this._showCount();
  }

  focus() {
    const row = this._list.unranked[0];
    const control = row ? buttonOf(row, "add") : gripOf(this._list.ranked[0]);
    control?.focus();
  }

  /** @param {boolean} isLocked */
  lock(isLocked) {
    if (isLocked) this._grabbing.drop();
    super.lock(isLocked);
  }

  /** @param {MouseEvent} event */
  _clicked({ target }) {
    const element = /** @type {Element} */ (target);
    if (element.closest("fieldset:disabled, [data-grip]")) return;
    if (element.closest("#ranking-clear")) return this._clear();
    const row = this._list.rowOf(target);
    if (!row) return;
    const button = /** @type {HTMLElement | null} */ (element.closest("[data-do]"));
    // All of a row that is not ranked yet can be pressed.
    const action = button ? button.dataset.do : this._list.rankOf(row) ? undefined : "add";
    if (action) this._do(action, row);
  }

  /**
   * @param {string} action
   * @param {Row} row
   */
  _do(action, row) {
    const { ranked, isFull, limit } = this._list;
    const index = ranked.indexOf(row);
    if (action === "add" && isFull) return this._announcer.announce(this._sentences.enough);
    /** @type {Record<string, number | null>} */
    const targets = { add: ranked.length, up: index - 1, down: index + 1, remove: null };
    const next = this._neighbourOf(action, row);
    this._list.arrange(moveTo(ranked, row, targets[action], limit));
    this._showCount();
    this._announcer.announce(this._list.say("moved", row));
    if (action === "add" || action === "remove") next?.focus({ preventScroll: true });
  }

  /**
   * Returns what gets the focus when an option changes lists: the same button of the next option.
   * @param {string} action
   * @param {Row} row
   */
  _neighbourOf(action, row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    if (next) return buttonOf(/** @type {HTMLElement} */ (next), action);
    return action === "add" ? gripOf(row) : buttonOf(row, "add");
  }

  _clear() {
    this._list.arrange([]);
    this._showCount();
    this._announcer.announce(this._sentences.cleared);
    this.focus();
  }

  _showCount() {
    const { ranked, limit } = this._list;
    const status = byId("chosen");
    status.hidden = false;
    setText(status, fill(this._sentences.ranked, { count: ranked.length, max: limit }));
  }
}

/**
 * @param {HTMLElement} row
 * @param {string} action
 * @returns {HTMLElement | null}
 */
const buttonOf = (row, action) => row.querySelector(`[data-do="${action}"]`);

/**
 * @param {HTMLElement | undefined} row
 * @returns {HTMLElement | null | undefined}
 */
const gripOf = (row) => row?.querySelector("[data-grip]");
