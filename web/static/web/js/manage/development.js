/* The chart of votes over time and its table; reads the timeline again while votes come in. */

import { formatCount } from "../page.js";
import { TimelineChart } from "./timeline_chart.js";

/** @typedef {import("./timeline_chart.js").Timeline} Timeline */

const READ_EVERY_MS = 4_000;
const moments = new Intl.DateTimeFormat(`${document.documentElement.lang || "en"}-u-nu-latn`, {
  dateStyle: "medium",
  timeStyle: "medium",
});

export class Development {
  /**
   * @param {{timeline: Timeline, urls: {timeline: string}}} page
   * @param {Record<string, any>} texts
   */
  constructor({ timeline, urls }, texts) {
    this._timeline = timeline;
    this._url = urls.timeline;
    this._chart = new TimelineChart(element("chart"), texts);
    this._timer = 0;
  }

  show() {
    const points = this._timeline.points;
    const ballotCount = points[points.length - 1].ballotCount;
    const isEmpty = points.length < 2 && ballotCount === 0;
    element("chart").hidden = element("timeline-table").hidden = isEmpty;
    const words = document.getElementById("timeline-empty");
    if (words) words.hidden = !isEmpty;
    if (isEmpty) return;
    this._chart.show(this._timeline);
    element("timeline-rows").replaceChildren(...points.map((_, at) => tableRow(this._timeline, at)));
  }

  /** Reads the timeline again, at most every few seconds, and only while the page is visible. */
  readSoon() {
    this._timer ||= setTimeout(() => this._read(), READ_EVERY_MS);
  }

  async _read() {
    this._timer = 0;
    if (document.visibilityState === "hidden") return this.readSoon();
    try {
      const answer = await fetch(this._url, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      this._timeline = (await answer.json()).timeline;
    } catch {
      // Offline: the connection state says so, and the next vote reads again.
      return;
    }
    this.show();
  }
}

/**
 * @param {Timeline} timeline
 * @param {number} at
 */
function tableRow({ points, options }, at) {
  const row = document.createElement("tr");
  const head = Object.assign(document.createElement("th"), { scope: "row" });
  head.append(
    Object.assign(document.createElement("time"), {
      dateTime: points[at].at,
      textContent: moments.format(Date.parse(points[at].at)),
    }),
  );
  const counts = [points[at].ballotCount, ...options.map((option) => option.voteCounts[at])];
  const cells = counts.map((count) =>
    Object.assign(document.createElement("td"), { className: "number", textContent: formatCount(count) }),
  );
  row.append(head, ...cells);
  return row;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
