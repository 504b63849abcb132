/* The ballot of `rating`: a row of levels per statement; statements can be skipped. */

import { setText } from "../page.js";
import { KindBallot } from "./kind_ballot.js";
import { levelName, scaleOf } from "./scale.js";

/** @typedef {import("./answers.js").Answer} Answer */

export class Ballot extends KindBallot {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts
   * @param {import("../poll_store.js").PollHead} head
   */
  constructor(form, texts, head) {
    super(form, texts, head);
    this._scale = scaleOf(head, texts.kind);
    /** @type {HTMLElement[]} */
    this._items = Array.from(this.place.querySelectorAll(".rating-item"));
    this._showNames();
    this.place.addEventListener("change", () => this._showNames());
  }

  /** @returns {Answer[]} without what is skipped, as the server keeps them */
  get answers() {
    const answers = this._items.flatMap((item) => {
      const level = chosenLevel(item);
      return level === null ? [] : [{ optionId: item.dataset.option, score: level }];
    });
    const rated = answers.filter(({ score }) => score > 0);
    // A ballot that skips all statements names them.
    return rated.length ? rated : answers;
  }

  /** @param {Answer[]} answers */
  choose(answers) {
    const levels = new Map(answers.map(({ optionId, score }) => [optionId, score]));
    // Who abstains from one question of several does not send it.
    const missing = answers.length && this._scale.isYesNo ? 0 : null;
    for (const item of this._items) {
      const level = levels.get(item.dataset.option) ?? missing;
      for (const radio of radiosIn(item)) radio.checked = radio.value === String(level);
    }
    this._showNames(answers.length > 0);
  }

  /** Focuses the first statement that has no answer, or the first one. */
  focus() {
    const item = this._items.find((each) => chosenLevel(each) === null) ?? this._items[0];
    const radios = radiosIn(item);
    (radios.find((radio) => radio.checked) ?? radios[0]).focus();
  }

  /** @param {boolean} [hasVoted] statements without an answer were skipped */
  _showNames(hasVoted = this.form.hasAttribute("data-voted")) {
    for (const item of this._items) {
      const level = chosenLevel(item) ?? (hasVoted ? 0 : null);
      const place = /** @type {HTMLElement} */ (item.querySelector(".rating-answer"));
      item.toggleAttribute("data-skipped", level === 0);
      setText(place, level === null ? "" : levelName(this._scale, level, this.texts.kind));
    }
  }
}

/**
 * @param {HTMLElement} item
 * @returns {HTMLInputElement[]}
 */
function radiosIn(item) {
  return Array.from(item.querySelectorAll("input"));
}

/** @param {HTMLElement} item */
function chosenLevel(item) {
  const chosen = radiosIn(item).find((radio) => radio.checked);
  return chosen ? Number(chosen.value) : null;
}
