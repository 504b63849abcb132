/* The runoff of STAR: how many people scored one of the two finalists higher. */

import { fill, formatCount, setText } from "../page.js";
import { pluralOf } from "./numbers.js";
import { drawStack } from "./rating_rows.js";

/** @typedef {import("./kind_result.js").Shown} Shown */

export class StarRunoff {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts of the kind
   */
  constructor(place, texts) {
    this._place = place;
    this._texts = texts;
    this._isFirst = true;
  }

  /**
   * @param {Shown} shown
   * @param {boolean} isShown
   */
  draw({ results }, isShown) {
    const star = results.tally?.star;
    const hasFinalists = star?.finalists.length === 2;
    this._place.hidden = !isShown || !hasFinalists;
    if (this._place.hidden) return;
    const [first, second] = star.finalists;
    this._name(".star-first", results, first);
    this._name(".star-second", results, second);
    const parts = [
      { name: "first", count: first.preferred },
      { name: "equal", count: star.equal },
      { name: "second", count: second.preferred },
    ];
    const total = parts.reduce((sum, { count }) => sum + count, 0);
    const svg = /** @type {Element} */ (this._place.querySelector("svg"));
    // When the poll closes on stage, both grow from their ends.
    if (this._isFirst) drawStack(svg, parts.map((part, index) => ({ ...part, count: index === 1 ? 1 : 0 })), 1, "star-");
    this._isFirst = false;
    requestAnimationFrame(() => requestAnimationFrame(() => drawStack(svg, parts, total, "star-")));
    const equal = fill(pluralOf(this._texts.equal, star.equal), { count: formatCount(star.equal) });
    setText(/** @type {Element} */ (this._place.querySelector(".star-equal")), star.equal ? equal : "");
  }

  /**
   * @param {string} selector
   * @param {import("../poll_store.js").Results} results
   * @param {{optionId: string, preferred: number}} finalist
   */
  _name(selector, results, { optionId, preferred }) {
    const place = /** @type {Element} */ (this._place.querySelector(selector));
    const text = results.options.find(({ id }) => id === optionId)?.text ?? "";
    setText(/** @type {Element} */ (place.querySelector("bdi")), text);
    setText(/** @type {Element} */ (place.querySelector("strong")), formatCount(preferred));
  }
}
