/* The statements of a rating as stacked bars; on stage, many are ranked by their means. */

import { formatCount, formatShare, setText } from "../page.js";
import { Chart } from "../present/chart.js";
import { formatDecimal } from "./numbers.js";

/** @typedef {import("./scale.js").Scale} Scale
 *  @typedef {{name: string, count: number}} Part `name` is that of a colour of the stylesheet
 *  @typedef {{optionId: string, rated: number, skipped: number, mean: number | null,
 *    median: number | null, distribution: number[]}} Rated
 *  @typedef {import("../poll_store.js").OptionTally & {rated?: Rated}} RatedOption */

const SVG = "http://www.w3.org/2000/svg";
// A narrower part has no room for its percentage.
const SMALLEST_LABELLED = 0.07;
// On a phone.
const NARROW = 0.12;

export class RatingRows extends Chart {
  /**
   * @param {HTMLElement} list
   * @param {Scale} scale
   * @param {(rated: Rated) => string} people says how many have rated a statement
   */
  constructor(list, scale, people) {
    super(list);
    this.scale = scale;
    this._people = people;
    this._model = /** @type {HTMLElement} */ (list.children[0]?.cloneNode(true));
  }

  /**
   * @param {HTMLElement} row
   * @param {RatedOption} option
   */
  _drawRow(row, { id, text, rated }) {
    const place = (/** @type {string} */ name) => /** @type {HTMLElement} */ (row.querySelector(name));
    setText(place(".bar-label"), this._label(id, text));
    setText(place(".rating-mean"), rated ? valueOf(rated, this.scale) : "");
    setText(place(".rating-people"), rated ? this._people(rated) : "");
    const { parts, total } = rated ? partsOf(rated, this.scale) : { parts: [], total: 0 };
    drawStack(/** @type {Element} */ (row.querySelector("svg")), parts, total, "ramp-");
    drawShares(place(".rating-shares"), this.scale.isStar ? [] : parts, total);
  }

  /** @param {string} id */
  _addRow(id) {
    const row = /** @type {HTMLElement} */ (this._model.cloneNode(true));
    row.dataset.option = id;
    this._rows.set(id, row);
    return row;
  }
}

/**
 * The number beside a bar: the share of yes, the score of STAR, or the mean.
 * @param {Rated} rated
 * @param {Scale} scale
 */
export function valueOf(rated, scale) {
  const voters = rated.rated + rated.skipped;
  if (scale.isYesNo) return voters ? formatShare((100 * rated.distribution[1]) / voters) : "–";
  return scale.isStar ? formatCount(scoreOf(rated)) : formatDecimal(rated.mean, 1);
}

/**
 * What statements are compared by: the mean, the share of yes, or the score of STAR.
 * @param {Rated} rated
 * @param {Scale} scale
 */
export function strengthOf(rated, scale) {
  if (scale.isStar) return scoreOf(rated);
  if (scale.isYesNo) return rated.distribution[1] / (rated.rated + rated.skipped || 1);
  return rated.mean ?? 0;
}

/**
 * Draws a stacked bar; the parts glide to their new lengths.
 * @param {Element} svg
 * @param {Part[]} parts
 * @param {number} total the length of the whole track
 * @param {string} prefix of the names of classes
 */
export function drawStack(svg, parts, total, prefix) {
  while (svg.childElementCount > parts.length) svg.lastElementChild?.remove();
  while (svg.childElementCount < parts.length) svg.append(document.createElementNS(SVG, "rect"));
  let before = 0;
  parts.forEach(({ name, count }, index) => {
    const part = svg.children[index];
    part.setAttribute("class", `rating-fill ${prefix}${name}`);
    part.setAttribute("x", `${total ? (100 * before) / total : 0}%`);
    part.setAttribute("width", `${total ? (100 * count) / total : 0}%`);
    before += count;
  });
}

/** @param {Rated} rated */
function scoreOf({ distribution }) {
  return distribution.reduce((sum, count, index) => sum + count * (index + 1), 0);
}

/**
 * Levels from the lowest; yes, abstain, no; or the score of STAR.
 * @param {Rated} rated
 * @param {Scale} scale
 * @returns {{parts: Part[], total: number}}
 */
export function partsOf(rated, { isYesNo, isStar, steps, colours }) {
  const voters = rated.rated + rated.skipped;
  if (isStar) return { parts: [{ name: "score", count: scoreOf(rated) }], total: voters * steps };
  const parts = colours.map((colour, index) => ({ name: String(colour), count: rated.distribution[index] }));
  if (!isYesNo) return { parts, total: rated.rated };
  const abstain = { name: "abstain", count: rated.skipped };
  return { parts: [parts[1], abstain, parts[0]], total: voters };
}

/**
 * Draws the percentages over a stacked bar.
 * @param {HTMLElement} place
 * @param {Part[]} parts
 * @param {number} total
 */
function drawShares(place, parts, total) {
  while (place.childElementCount > parts.length) place.lastElementChild?.remove();
  while (place.childElementCount < parts.length) place.append(document.createElement("span"));
  parts.forEach(({ name, count }, index) => {
    const share = /** @type {HTMLElement} */ (place.children[index]);
    const part = total ? count / total : 0;
    share.className = `rating-share ink-${name}`;
    share.classList.toggle("rating-share-narrow", part < NARROW);
    share.style.flexGrow = String(part);
    setText(share, part >= SMALLEST_LABELLED ? formatShare(100 * part) : "");
  });
}
