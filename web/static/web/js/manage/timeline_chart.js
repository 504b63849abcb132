/* Votes over time: an area for all voters, a line for each leading option.

   Drawn in the pixels of its container, so that its text is as large as the text around it. Lines
   also differ by their dashes, and the table has every number. */

import { fill, formatCount } from "../page.js";
import { niceTicks, timeTicks } from "./scales.js";

/** @typedef {{points: {at: string, ballotCount: number, totalVotes: number}[],
 *    options: {id: string, text: string, voteCounts: number[]}[]}} Timeline
 *  @typedef {{width: number, height: number, left: number, right: number, top: number,
 *    bottom: number}} Frame */

const SVG = "http://www.w3.org/2000/svg";
const LINES = 6;
const HEIGHT_PX = 300;
const NARROW_PX = 520;
const CHAR_PX = 8;

export class TimelineChart {
  /**
   * @param {HTMLElement} figure
   * @param {Record<string, string>} texts
   */
  constructor(figure, texts) {
    this._figure = figure;
    this._texts = texts;
    /** @type {Timeline | null} */
    this._timeline = null;
    this._svg = create("svg", { role: "img", class: "chart-picture" });
    this._legend = Object.assign(document.createElement("ul"), { className: "chart-legend" });
    figure.append(this._svg, this._legend);
    new ResizeObserver(() => this._draw()).observe(figure);
  }

  /** @param {Timeline} timeline */
  show(timeline) {
    this._timeline = timeline;
    this._draw();
  }

  _draw() {
    const width = Math.floor(this._figure.clientWidth);
    if (!this._timeline || width === 0) return;
    const timeline = this._timeline;
    const most = Math.max(1, ...timeline.points.map((point) => point.ballotCount));
    const ticks = niceTicks(most, 4);
    const left = formatCount(ticks[ticks.length - 1]).length * CHAR_PX + 16;
    const height = width < NARROW_PX ? HEIGHT_PX * 0.75 : HEIGHT_PX;
    const frame = { width, height, left, right: 16, top: 12, bottom: 34 };
    const scale = scaleOf(timeline, frame, ticks[ticks.length - 1]);
    const leaders = leadersOf(timeline);
    this._svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this._svg.setAttribute("height", String(height));
    this._svg.setAttribute("aria-label", this._describe(timeline));
    this._svg.replaceChildren(
      ...ticks.flatMap((tick) => gridLine(frame, scale.y(tick), formatCount(tick))),
      ...this._timeLabels(frame, scale),
      area(timeline, scale, frame),
      ...leaders.map(({ option, look }) => line(option.voteCounts, timeline, scale, look)).reverse(),
    );
    this._legend.replaceChildren(
      legendEntry(this._texts.everybody, "chart-area"),
      ...leaders.map(({ option, look }) => legendEntry(option.text, look)),
    );
  }

  /**
   * @param {Frame} frame
   * @param {ReturnType<typeof scaleOf>} scale
   */
  _timeLabels(frame, scale) {
    const places = frame.width < NARROW_PX ? 2 : 5;
    return timeTicks(scale.first, scale.last, places).map(({ at, text }, index, all) => {
      const anchor = index === 0 ? "start" : index === all.length - 1 ? "end" : "middle";
      return label(scale.x(at), frame.height - 10, text, anchor);
    });
  }

  /** @param {Timeline} timeline */
  _describe({ points }) {
    const first = points[0];
    const last = points[points.length - 1];
    const [start, end] = [first, last].map((point) => new Date(point.at).toLocaleString(document.documentElement.lang));
    return fill(this._texts.chart, {
      start,
      end,
      first: formatCount(first.ballotCount),
      last: formatCount(last.ballotCount),
    });
  }
}

/**
 * Returns the leading options, with the colour of their bars and the style of their lines.
 * @param {Timeline} timeline
 */
function leadersOf({ options }) {
  const last = (/** @type {{voteCounts: number[]}} */ option) => option.voteCounts[option.voteCounts.length - 1];
  return options
    .map((option, index) => ({ option, slot: (index % 8) + 1 }))
    .filter(({ option }) => last(option) > 0)
    .sort((one, other) => last(other.option) - last(one.option))
    .slice(0, LINES)
    .map(({ option, slot }, index) => ({ option, look: `chart-line chart-${slot} chart-rank-${index + 1}` }));
}

/**
 * @param {Timeline} timeline
 * @param {Frame} frame
 * @param {number} most
 */
function scaleOf({ points }, { width, height, left, right, top, bottom }, most) {
  const first = Date.parse(points[0].at);
  const last = Math.max(Date.parse(points[points.length - 1].at), first + 1000);
  // Leaves room for the last step.
  const end = last + (last - first) * 0.03;
  return {
    first,
    last,
    end,
    x: (/** @type {number} */ at) => left + ((at - first) / (end - first)) * (width - left - right),
    y: (/** @type {number} */ count) => height - bottom - (count / most) * (height - top - bottom),
  };
}

/**
 * Returns a step line: a tally is constant between changes.
 * @param {number[]} counts
 * @param {Timeline} timeline
 * @param {ReturnType<typeof scaleOf>} scale
 */
function steps(counts, { points }, scale) {
  const places = counts.map((count, at) => [scale.x(Date.parse(points[at].at)), scale.y(count)]);
  const [start, ...others] = places;
  const begin = `M${start[0].toFixed(1)} ${start[1].toFixed(1)}`;
  const path = others.map(([x, y]) => `H${x.toFixed(1)}V${y.toFixed(1)}`).join("");
  return `${begin}${path}H${scale.x(scale.end).toFixed(1)}`;
}

/**
 * @param {Timeline} timeline
 * @param {ReturnType<typeof scaleOf>} scale
 * @param {Frame} frame
 */
function area(timeline, scale, frame) {
  const totals = timeline.points.map((point) => point.ballotCount);
  const ground = frame.height - frame.bottom;
  const start = scale.x(Date.parse(timeline.points[0].at)).toFixed(1);
  const path = `${steps(totals, timeline, scale)}V${ground}H${start}Z`;
  return create("path", { d: path, class: "chart-area" });
}

/**
 * @param {number[]} counts
 * @param {Timeline} timeline
 * @param {ReturnType<typeof scaleOf>} scale
 * @param {string} look
 */
function line(counts, timeline, scale, look) {
  return create("path", { d: steps(counts, timeline, scale), class: look });
}

/**
 * @param {Frame} frame
 * @param {number} y
 * @param {string} text
 */
function gridLine({ width, left, right }, y, text) {
  const rule = create("path", { d: `M${left} ${y.toFixed(1)}H${width - right}`, class: "chart-grid" });
  return [rule, label(left - 8, y + 4, text, "end")];
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} text
 * @param {string} anchor
 */
function label(x, y, text, anchor) {
  const element = create("text", { x: x.toFixed(1), y: y.toFixed(1), class: "chart-label", "text-anchor": anchor });
  element.textContent = text;
  return element;
}

/**
 * @param {string} text
 * @param {string} look
 */
function legendEntry(text, look) {
  const entry = document.createElement("li");
  const key = create("svg", { class: "chart-key", viewBox: "0 0 28 12", "aria-hidden": "true" });
  key.append(
    look === "chart-area"
      ? create("rect", { width: "28", height: "12", rx: "3", class: look })
      : create("path", { d: "M0 6H28", class: look }),
  );
  entry.append(key, Object.assign(document.createElement("span"), { dir: "auto", textContent: text }));
  return entry;
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 */
function create(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
