/* The ballots of all kinds but single and multiple choice, loaded when needed.

   Literal paths, so that the file names with hashes are found. */

/** @type {Record<string, () => Promise<{Ballot: typeof import("./kind_ballot.js").KindBallot}>>} */
const LOADERS = {
  rating: () => import("./rating_ballot.js"),
  ranking: () => import("./ranking_ballot.js"),
  points: () => import("./points_ballot.js"),
  numeric: () => import("./numeric_ballot.js"),
  word_cloud: () => import("./word_cloud_ballot.js"),
  open_text: () => import("./open_text_ballot.js"),
  hotspot: () => import("./hotspot_ballot.js"),
  dates: () => import("./dates_ballot.js"),
  questions: () => import("./questions_ballot.js"),
};

/**
 * Returns the class of a kind's ballot; null for single and multiple choice.
 * @param {string} kind
 */
export async function loadBallot(kind) {
  const load = LOADERS[kind];
  return load ? (await load()).Ballot : null;
}
