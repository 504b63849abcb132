/* What draws the ballot and the results of a poll on the voter's page and in embedded frames. */

import { loadBallot } from "./ballots.js";
import { ChoiceBallot } from "./choice_ballot.js";
import { ChoiceResult } from "./choice_result.js";
import { loadResult } from "./results.js";

/**
 * @param {string} kind
 * @returns {Promise<import("../voting_page.js").Kind>}
 */
export async function loadVotingKind(kind) {
  const [Ballot, Result] = await Promise.all([loadBallot(kind), loadResult(kind)]);
  if (Ballot === null || Result === null) {
    return { Ballot: ChoiceBallot, Result: ChoiceResult, resultId: "options" };
  }
  return { Ballot, Result, resultId: "kind-result" };
}
