/* The results of all kinds but single and multiple choice, loaded when needed.

   Literal paths, so that the file names with hashes are found. */

/** @type {Record<string, () => Promise<{Result: typeof import("./kind_result.js").KindResult}>>} */
const LOADERS = {
  rating: () => import("./rating_result.js"),
  ranking: () => import("./ranking_result.js"),
  points: () => import("./points_result.js"),
  numeric: () => import("./numeric_result.js"),
  word_cloud: () => import("./word_cloud_result.js"),
  open_text: () => import("./open_text_result.js"),
  hotspot: () => import("./hotspot_result.js"),
  dates: () => import("./dates_result.js"),
  questions: () => import("./questions_result.js"),
};

/**
 * Returns the class of a kind's result; null for single and multiple choice.
 * @param {string} kind
 */
export async function loadResult(kind) {
  const load = LOADERS[kind];
  return load ? (await load()).Result : null;
}
