/* The voter of a card. */

import { newKey } from "../page.js";
import { PageVoter } from "../voter.js";

/** @typedef {import("./room_store.js").Person} Person */

/**
 * Returns the voter: the page around the card makes the guest, and reconnects the socket for it.
 * @param {{person: Person | null, urls: Record<string, string>}} state
 * @param {{person: () => Person | null, ensurePerson: () => Promise<unknown>}} parts
 */
export function cardVoter({ person, urls }, parts) {
  const voter = new PageVoter({ person, key: newKey(), urls }, { isEager: false });
  return {
    get person() {
      return parts.person();
    },
    ensurePerson: parts.ensurePerson,
    cast: (/** @type {import("../voter.js").Ballot} */ ballot) => voter.cast(ballot),
    renew: () => voter.renew(),
  };
}
