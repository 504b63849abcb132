/* What a card says about the poll, and what its button offers. */

import { wholeTime } from "./times.js";

/** @typedef {{head: import("../poll_store.js").PollHead, phase: import("../voting_state.js").Phase,
 *    areResultsHidden: boolean, isDeleted: boolean, hasVoted: boolean}} Standing */

/** @type {Record<string, string>} */
const INVITATIONS = { questions: "askHere", numeric: "answerHere", open_text: "answerHere", word_cloud: "answerHere" };

/**
 * Whether the card draws the poll itself: a choice without pictures, places or options of participants.
 * @param {import("../poll_store.js").PollHead} head
 */
export function isPlain({ kind, options, participantOptions }) {
  const isChoice = kind === "single" || kind === "multiple";
  const isBare = options.every(({ limit, picture }) => limit === null && picture === null);
  return isChoice && isBare && participantOptions === "none";
}

/**
 * Returns the name of the button's text; empty if there is nothing to open.
 * @param {Standing} standing
 */
export function offerOf({ head, phase, areResultsHidden, isDeleted, hasVoted }) {
  if (isDeleted || isPlain(head)) return "";
  // Questions are asked, and voted for, as long as they can be.
  if (phase === "open" && (!hasVoted || head.kind === "questions")) return INVITATIONS[head.kind] ?? "voteHere";
  if (hasVoted) return "showVote";
  return areResultsHidden || phase !== "closed" ? "" : "showResults";
}

/**
 * Returns why there is nothing to vote on, or no result.
 * @param {Standing} standing
 * @param {import("./texts.js").Texts} texts
 */
export function noteOf({ head, phase, areResultsHidden }, texts) {
  if (phase === "draft" || phase === "hidden") return texts.say(`note-${phase}`);
  if (phase === "waiting") {
    return head.opensAt ? texts.say("opensOn", { time: wholeTime(new Date(head.opensAt)) }) : "";
  }
  return areResultsHidden ? texts.of("hiddenNotes", head.resultsVisibility) : "";
}
