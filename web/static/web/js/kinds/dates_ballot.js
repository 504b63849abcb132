/* The ballot of `dates`: yes, maybe or no for each date, in the time zone of the voter. */

import { byId, fill, setText } from "../page.js";
import { dayOf, slotsOf, timeOf, zoneName } from "./date_words.js";
import { KindBallot } from "./kind_ballot.js";

/** @typedef {import("./answers.js").Answer} Answer */

const NO = 1;

export class Ballot extends KindBallot {
  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, any>} texts
   * @param {import("../poll_store.js").PollHead} head
   */
  constructor(form, texts, head) {
    super(form, texts, head);
    /** @type {HTMLElement[]} */
    this._rows = Array.from(this.place.querySelectorAll(".date"));
    this._translate(head);
    byId("date-rest").addEventListener("click", () => this._refuseRest());
    form.addEventListener("change", () => this._drawRest());
    this._drawRest();
  }

  /** @returns {Answer[]} */
  get answers() {
    return this._rows.flatMap((row) => {
      const chosen = this._inputs(row).find((input) => input.checked);
      return chosen ? [{ optionId: row.dataset.option, score: Number(chosen.value) }] : [];
    });
  }

  /** @param {Answer[]} answers */
  choose(answers) {
    const scores = new Map(answers.map(({ optionId, score }) => [optionId, String(score)]));
    for (const row of this._rows) {
      for (const input of this._inputs(row)) {
        input.checked = input.value === scores.get(row.dataset.option);
        if (input.checked) input.disabled = false;
      }
    }
    this._drawRest();
  }

  /**
   * Limits can change while the page is open.
   * @param {import("../poll_store.js").PollHead} head
   */
  follow(head) {
    const isSame = contentsOf(this.head) === contentsOf(head);
    this.head = head;
    return isSame;
  }

  /** @param {HTMLElement} row */
  _inputs(row) {
    return /** @type {HTMLInputElement[]} */ (Array.from(row.querySelectorAll("input")));
  }

  _refuseRest() {
    for (const row of this._rows) {
      const inputs = this._inputs(row);
      const no = inputs.find(({ value }) => value === String(NO));
      if (no && !inputs.some(({ checked }) => checked)) no.checked = true;
    }
    this._drawRest();
    byId("cast").focus();
  }

  /** The button is of use while some dates have an answer and others have none. */
  _drawRest() {
    const count = this.answers.length;
    byId("date-rest").hidden = count === 0 || count === this._rows.length;
  }

  /** @param {import("../poll_store.js").PollHead} head */
  _translate(head) {
    const { allDay, zone } = this.texts.kind;
    const slots = slotsOf(head);
    let before = "";
    for (const row of this._rows) {
      const slot = slots.get(row.dataset.option ?? "");
      if (!slot) continue;
      const [day, time] = [dayOf(slot), timeOf(slot, allDay)];
      const heading = /** @type {HTMLElement} */ (row.querySelector(".date-day"));
      setText(heading, day);
      heading.hidden = day === before;
      before = day;
      setText(/** @type {HTMLElement} */ (row.querySelector(".date-time")), time);
      setText(/** @type {HTMLElement} */ (row.querySelector(".date-words > :first-child")), `${day}, ${time}`);
    }
    setText(byId("date-zone"), fill(zone, { zone: zoneName() }));
  }
}

/**
 * What the template has made from a poll.
 * @param {import("../poll_store.js").PollHead} head
 */
function contentsOf({ kind, options, settings }) {
  const dates = options.map(({ id, text, limit, picture }) => [id, text, limit === null, picture]);
  return JSON.stringify([kind, dates, settings]);
}
