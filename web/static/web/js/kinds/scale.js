/* The scale of a rating, as in web/kinds/scale.py. */

import { fill } from "../page.js";

/** @typedef {import("../poll_store.js").PollHead} PollHead
 *  @typedef {{isYesNo: boolean, isStar: boolean, steps: number, names: string[], colours: number[]}} Scale
 *    `names` and `colours` of the levels from the lowest */

const HIGHEST_COLOUR = 10;

/**
 * @param {PollHead} head
 * @param {Record<string, any>} texts of the kind
 * @returns {Scale}
 */
export function scaleOf({ settings }, texts) {
  const isYesNo = settings.scale === "yes_no";
  const steps = isYesNo ? 2 : settings.steps ?? 5;
  const levels = Array.from({ length: steps }, (_, index) => index + 1);
  const unnamed = isYesNo ? [texts.no, texts.yes] : levels.map(() => "");
  return {
    isYesNo,
    isStar: settings.method === "star",
    steps,
    names: settings.labels?.length ? settings.labels : unnamed,
    colours: levels.map((level) => colourOf(level, steps)),
  };
}

/**
 * Returns a level in a few words: "4 of 5, agree".
 * @param {Scale} scale
 * @param {number} level 0 was skipped
 * @param {Record<string, any>} texts of the kind
 */
export function levelName(scale, level, texts) {
  if (level === 0) return scale.isYesNo ? texts.abstained : texts.skipped;
  const name = scale.names[level - 1] ?? "";
  if (scale.isYesNo) return name;
  return fill(name ? texts.levelNamed : texts.levelOf, { level, steps: scale.steps, name });
}

/**
 * Symmetrical, with the middle level in the middle.
 * @param {number} level
 * @param {number} steps
 * @returns {number}
 */
function colourOf(level, steps) {
  if (2 * level > steps + 1) return HIGHEST_COLOUR - colourOf(steps + 1 - level, steps);
  return Math.ceil(((level - 1) * HIGHEST_COLOUR) / (steps - 1) - 0.5);
}
