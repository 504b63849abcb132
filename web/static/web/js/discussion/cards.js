/* The polls in messages: one card for each. */

import { PollCard } from "./poll_card.js";

export class Cards {
  /** @param {import("./poll_card.js").Parts} parts */
  constructor(parts) {
    this._parts = parts;
    /** @type {Map<HTMLElement, PollCard>} */
    this._cards = new Map();
  }

  /**
   * Returns the element of a new card.
   * @param {string} pollId
   */
  make(pollId) {
    const card = new PollCard(pollId, this._parts);
    this._cards.set(card.element, card);
    return card.element;
  }

  /**
   * Ends the cards within a message that is not shown any more.
   * @param {HTMLElement} element
   */
  forget(element) {
    for (const [place, card] of this._cards) {
      if (!element.contains(place)) continue;
      card.end();
      this._cards.delete(place);
    }
  }

  end() {
    for (const card of this._cards.values()) card.end();
  }
}
