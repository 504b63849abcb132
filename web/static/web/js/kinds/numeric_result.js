/* The result of `numeric`: a histogram, mean, median and spread. */

import { fill, formatCount, formatShare, setText } from "../page.js";
import { Histogram } from "./histogram.js";
import { KindResult } from "./kind_result.js";
import { KindTable } from "./kind_table.js";
import { formatNumber } from "./numbers.js";

/** @typedef {import("./kind_result.js").Shown} Shown */

const MAX_DECIMALS = 6;
// Longer units leave less room for the figures on stage.
const LONG_UNIT_CHARS = 6;

export class Result extends KindResult {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts
   * @param {import("./kind_result.js").Surface} surface
   */
  constructor(place, texts, surface) {
    super(place, texts, surface);
    this._histogram = new Histogram(/** @type {HTMLElement} */ (place.querySelector(".histogram-plot")));
    this._figures = /** @type {HTMLElement} */ (place.querySelector(".numeric-figures"));
    this._table = new KindTable(place);
    // Labels of the axis need more or less room.
    this._observer = new ResizeObserver(() => this.fit());
    this._observer.observe(place);
  }

  /** @param {Shown} shown */
  paint(shown) {
    const { tally } = shown.results;
    const own = shown.answers[0]?.number ?? null;
    this._histogram.draw(tally, boundsOf(shown), own);
    const { mean, median, deviation } = this._statistics(shown);
    this._figures.toggleAttribute("data-long", (shown.head.settings.unit ?? "").length > LONG_UNIT_CHARS);
    this._say(".numeric-mean", mean);
    this._say(".numeric-median", median);
    this._say(".numeric-deviation", deviation === "–" ? deviation : `± ${deviation}`);
    this._table.show((tally?.bars ?? []).map((/** @type {any} */ bar) => this._row(bar)));
  }

  fit() {
    if (this.shown) this.draw(this.shown);
  }

  /** @param {Shown} shown */
  summary(shown) {
    if (!shown.results.tally?.voters) return [];
    const { deviation } = this._statistics(shown);
    return [this.outcome(shown), fill(this.texts.kind.deviation, { deviation })];
  }

  /** @param {Shown} shown */
  outcome(shown) {
    if (!shown.results.tally?.voters) return "";
    return fill(this.texts.kind.outcome, this._statistics(shown));
  }

  end() {
    super.end();
    this._observer.disconnect();
    this._table.end();
  }

  /**
   * Mean, median and deviation with one decimal more than the numbers have.
   * @param {Shown} shown
   * @returns {{mean: string, median: string, deviation: string}}
   */
  _statistics({ results: { tally }, head }) {
    const { step = 1, unit = "" } = head.settings;
    const digits = Math.min(MAX_DECIMALS, decimalsOf(step) + 1);
    const say = (/** @type {number | null | undefined} */ value, prefix = "") => {
      if (value === null || value === undefined) return "–";
      const number = formatNumber(value, digits);
      return prefix + (unit ? fill(this.texts.kind.withUnit, { number, unit }) : number);
    };
    return {
      mean: say(tally?.mean),
      median: say(tally?.median, tally?.isExact === false ? "≈ " : ""),
      deviation: say(tally?.deviation),
    };
  }

  /** @param {import("./histogram_scale.js").Bar} bar */
  _row({ low, high, count, share }) {
    const [from, to] = [formatNumber(low), formatNumber(high)];
    const range = low === high ? from : fill(this.texts.kind.range, { low: from, high: to });
    return [range, formatCount(count), formatShare(share)];
  }

  /**
   * @param {string} selector
   * @param {string} text
   */
  _say(selector, text) {
    setText(/** @type {Element} */ (this.place.querySelector(selector)), text);
  }
}

/** @param {Shown} shown */
function boundsOf({ head: { settings } }) {
  const { min = 0, max = 100, step = 1 } = settings;
  return { min, max, step };
}

/** @param {number} step */
function decimalsOf(step) {
  const [, decimals = ""] = step.toFixed(MAX_DECIMALS).replace(/0+$/, "").split(".");
  return decimals.length;
}
