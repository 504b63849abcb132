/* The ballot of `questions`: a box for each question. Where votes can be changed, each change of a box
   is sent at once. */

import { OPTION_ADDED } from "../page.js";
import { KindBallot } from "./kind_ballot.js";
import { QuestionList } from "./question_list.js";

/** @typedef {import("./answers.js").Answer} Answer
 *  @typedef {import("../poll_store.js").PollHead} PollHead */

export class Ballot extends KindBallot {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts
   * @param {PollHead} head
   */
  constructor(form, texts, head) {
    super(form, texts, head);
    this._list = QuestionList.ofPage(texts.kind);
    this._list.onRows = () => this._show();
    /** @type {Set<string>} the ids of the ballot that was filled in last */
    this._ids = new Set(this._list.boxes.filter((box) => box.checked).map((box) => box.value));
    /** @type {Map<string, boolean>} what was changed since */
    this._changes = new Map();
    this._isLocked = false;
    this.isImmediate = head.allowChange;
    form.toggleAttribute("data-immediate", this.isImmediate);
    this.place.addEventListener("change", (event) => this._changed(/** @type {HTMLInputElement} */ (event.target)));
    document.addEventListener(OPTION_ADDED, (event) => this._list.addOwn(/** @type {CustomEvent} */ (event).detail));
  }

  /** @returns {Answer[]} */
  get answers() {
    const ids = new Set(this._ids);
    for (const [id, isChosen] of this._changes) {
      if (isChosen) ids.add(id);
      else ids.delete(id);
    }
    return [...ids].map((optionId) => ({ optionId }));
  }

  /**
   * What has been changed in the meantime stays.
   * @param {Answer[]} answers
   */
  choose(answers) {
    this._ids = new Set(answers.map(({ optionId }) => optionId ?? ""));
    for (const [id, isChosen] of this._changes) if (this._ids.has(id) === isChosen) this._changes.delete(id);
    if (!this.isImmediate) this._changes.clear();
    this._show();
  }

  /** @param {Answer[]} answers */
  revert(answers) {
    this._changes.clear();
    this.choose(answers);
  }

  /**
   * Only the boxes: sorting stays possible. While a change is on its way, others can follow.
   * @param {boolean} isLocked
   */
  lock(isLocked) {
    this._paper.disabled = false;
    this._isLocked = this.isImmediate ? this.form.dataset.mode !== "choose" : isLocked;
    this._show();
  }

  /** @param {PollHead} head */
  follow(head) {
    this.head = head;
    return true;
  }

  /** @param {HTMLInputElement} box */
  _changed(box) {
    if (box.name !== "option") return;
    this._changes.set(box.value, box.checked);
    if (this.isImmediate) this.onChange();
  }

  _show() {
    const chosen = new Set(this.answers.map(({ optionId }) => optionId));
    for (const box of this._list.boxes) {
      const isChosen = chosen.has(box.value);
      if (box.checked !== isChosen) box.checked = isChosen;
      if (box.disabled !== this._isLocked) box.disabled = this._isLocked;
    }
  }
}
