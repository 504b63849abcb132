/* The ballot of `numeric`; see kind_ballot.js. */

import { KindBallot } from "./kind_ballot.js";

/** @typedef {import("./answers.js").Answer} Answer */

export class Ballot extends KindBallot {
  get _field() {
    return /** @type {HTMLInputElement} */ (this.place.querySelector("input"));
  }

  /** @returns {Answer[]} */
  get answers() {
    const text = this._field.value.trim();
    return text === "" || Number.isNaN(Number(text)) ? [] : [{ number: Number(text) }];
  }

  /** @param {Answer[]} answers */
  choose([answer]) {
    this._field.value = answer?.number?.toString() ?? "";
  }
}
