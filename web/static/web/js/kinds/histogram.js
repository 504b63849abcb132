/* Draws a histogram. When its bars change, each glides from the old one that had its numbers. */

import { formatCount, setText } from "../page.js";
import { linesOf, mergeBars, placeOf, spanOf, ticksOf } from "./histogram_scale.js";
import { formatNumber } from "./numbers.js";

/** @typedef {import("./histogram_scale.js").Bar} Bar
 *  @typedef {import("./histogram_scale.js").Span} Span
 *  @typedef {{bars: Bar[], mean: number | null, median: number | null, deviation: number | null}} Tally */

const SVG = "http://www.w3.org/2000/svg";
// The width of the label of an axis, in em.
const LABEL_EM = 4.5;
// The part of the axis that the label of a mark needs.
const LABEL_ROOM = 0.2;
// Room above the highest bar.
const HEADROOM = 1.06;

export class Histogram {
  /** @param {HTMLElement} place */
  constructor(place) {
    this._place = place;
    this._svg = /** @type {SVGElement} */ (place.querySelector("svg"));
    this._svg.replaceChildren();
    /** @type {Map<number, SVGRectElement>} the bars by their lowest numbers */
    this._rects = new Map();
    /** @type {Bar[]} */
    this._bars = [];
  }

  /**
   * @param {Tally | null} tally null while the results are hidden
   * @param {import("./histogram_scale.js").Bounds} bounds
   * @param {number | null} own the number of this voter
   */
  draw(tally, bounds, own) {
    const bars = mergeBars(tally?.bars ?? [], bounds);
    const span = spanOf(bars, bounds);
    const highest = Math.max(1, ...bars.map(({ count }) => count)) * HEADROOM;
    this._drawBars(bars, span, highest);
    this._drawLabels(".histogram-ticks", ticksOf(span, bounds.step, this._mostTicks()), (tick) => [
      formatNumber(tick),
      "insetInlineStart",
      placeOf(tick, span, bounds.step),
    ]);
    const lines = bars.length ? linesOf(highest) : [];
    this._drawLabels(".histogram-lines", lines, (line) => [formatCount(line), "insetBlockEnd", line / highest]);
    const place = (/** @type {number | null | undefined} */ number) =>
      number === null || number === undefined ? null : placeOf(number, span, bounds.step);
    const [mean, median] = [place(tally?.mean), place(tally?.median)];
    this._mark(".histogram-mean", mean, (mean ?? 0) < (median ?? 0));
    this._mark(".histogram-median", median, (median ?? 0) <= (mean ?? 0));
    this._mark(".histogram-own", place(own));
    this._drawSpread(tally, (number) => placeOf(number, span, bounds.step));
  }

  _mostTicks() {
    const { clientWidth } = this._place;
    const fontSize = parseFloat(getComputedStyle(this._place).fontSize);
    return Math.max(3, Math.min(12, Math.floor(clientWidth / (fontSize * LABEL_EM))));
  }

  /**
   * @param {Bar[]} bars
   * @param {Span} span
   * @param {number} highest
   */
  _drawBars(bars, { slots, before }, highest) {
    const old = this._rects;
    const reused = this._reuse(bars);
    this._rects = new Map();
    bars.forEach(({ low, count }, index) => {
      const rect = reused[index] ?? this._add((before + index) / slots, 1 / slots);
      const height = count / highest;
      setBox(rect, (before + index) / slots, 1 - height, 1 / slots, height);
      this._rects.set(low, rect);
    });
    const used = new Set(this._rects.values());
    for (const rect of old.values()) if (!used.has(rect)) rect.remove();
    this._bars = bars;
  }

  /**
   * Returns for each bar the rectangle that showed its numbers, or some of them; each once.
   * @param {Bar[]} bars
   * @returns {(SVGRectElement | undefined)[]}
   */
  _reuse(bars) {
    const free = new Map(this._rects);
    const take = (/** @type {number | undefined} */ low) => {
      const rect = low === undefined ? undefined : free.get(low);
      if (rect) free.delete(/** @type {number} */ (low));
      return rect;
    };
    const same = bars.map(({ low }) => take(low));
    return bars.map(({ low, high }, index) => {
      const overlaps = (/** @type {Bar} */ old) => free.has(old.low) && old.low <= high && old.high >= low;
      return same[index] ?? take(this._bars.find(overlaps)?.low);
    });
  }

  /**
   * @param {number} x
   * @param {number} width
   */
  _add(x, width) {
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("class", "histogram-bar");
    setBox(rect, x, 1, width, 0);
    this._svg.append(rect);
    // So that it grows from the axis.
    rect.getBoundingClientRect();
    return rect;
  }

  /**
   * @param {string} selector
   * @param {number[]} numbers
   * @param {(number: number) => [string, "insetInlineStart" | "insetBlockEnd", number]} labelOf
   */
  _drawLabels(selector, numbers, labelOf) {
    const list = /** @type {HTMLElement} */ (this._place.querySelector(selector));
    while (list.childElementCount > numbers.length) list.lastElementChild?.remove();
    numbers.forEach((number, index) => {
      const label = /** @type {HTMLElement} */ (list.children[index] ?? list.appendChild(document.createElement("span")));
      const [text, side, part] = labelOf(number);
      setText(label, text);
      label.style[side] = `${100 * part}%`;
    });
  }

  /**
   * @param {string} selector
   * @param {number | null} part of the axis
   * @param {boolean} [isBefore] whether its label is before the line, if there is room; else after it
   */
  _mark(selector, part, isBefore) {
    const mark = /** @type {HTMLElement | null} */ (this._place.querySelector(selector));
    if (!mark) return;
    mark.hidden = part === null;
    if (part === null) return;
    mark.style.insetInlineStart = `${100 * part}%`;
    if (isBefore === undefined) return;
    const hasRoom = isBefore ? part > LABEL_ROOM : part < 1 - LABEL_ROOM;
    mark.classList.toggle("histogram-mark-before", isBefore === hasRoom);
  }

  /**
   * @param {Tally | null} tally
   * @param {(number: number) => number} place
   */
  _drawSpread(tally, place) {
    const band = /** @type {HTMLElement} */ (this._place.querySelector(".histogram-spread"));
    const { mean, deviation } = tally ?? { mean: null, deviation: null };
    band.hidden = mean === null || !deviation;
    if (mean === null || !deviation) return;
    const [start, end] = [place(mean - deviation), place(mean + deviation)];
    band.style.insetInlineStart = `${100 * start}%`;
    band.style.inlineSize = `${100 * (end - start)}%`;
  }
}

/**
 * @param {SVGRectElement} rect
 * @param {number[]} box x, y, width and height as parts of the plot
 */
function setBox(rect, ...box) {
  ["x", "y", "width", "height"].forEach((name, index) => rect.setAttribute(name, `${100 * box[index]}%`));
}
