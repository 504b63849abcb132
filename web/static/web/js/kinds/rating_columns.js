/* A single statement on stage: a column for each level. */

import { formatCount, formatShare, setText } from "../page.js";
import { partsOf } from "./rating_rows.js";

/** @typedef {import("./rating_rows.js").Rated} Rated
 *  @typedef {import("./scale.js").Scale} Scale */

export class RatingColumns {
  /** @param {HTMLElement} chart has the bars that this stands in for */
  constructor(chart) {
    this._chart = chart;
    this._list = Object.assign(document.createElement("ol"), { className: "rating-columns" });
    chart.append(this._list);
  }

  /**
   * @param {Rated | null} rated null shows the bars
   * @param {Scale} scale
   * @param {string} abstain the name of abstaining
   */
  draw(rated, scale, abstain) {
    const isShown = rated !== null && !scale.isStar;
    this._chart.classList.toggle("rating-chart-columns", isShown);
    if (!isShown) return;
    const { parts, total } = partsOf(rated, scale);
    const names = scale.isYesNo ? [scale.names[1], abstain, scale.names[0]] : scale.names;
    // Columns are relative to the highest, which leaves room for its percentage.
    const most = Math.max(1, ...parts.map(({ count }) => count));
    while (this._list.childElementCount > parts.length) this._list.lastElementChild?.remove();
    parts.forEach(({ name, count }, index) => {
      const column = /** @type {HTMLElement} */ (this._list.children[index] ?? this._list.appendChild(columnOf()));
      const [track, label, number] = /** @type {HTMLElement[]} */ ([...column.children]);
      const [share, bar] = /** @type {HTMLElement[]} */ ([...track.children]);
      setText(share, total ? formatShare((100 * count) / total) : "");
      bar.className = `rating-column-bar ramp-${name}`;
      bar.style.flexGrow = String(count / most);
      setText(label, scale.isYesNo ? names[index] : [index + 1, names[index]].join(" ").trim());
      setText(number, formatCount(count));
    });
  }
}

function columnOf() {
  const column = Object.assign(document.createElement("li"), { className: "rating-column" });
  for (const name of ["rating-column-track", "rating-column-label", "rating-column-count"]) {
    column.append(Object.assign(document.createElement("span"), { className: name }));
  }
  const [track, label] = /** @type {HTMLElement[]} */ ([...column.children]);
  track.append(Object.assign(document.createElement("span"), { className: "rating-column-share" }));
  track.append(document.createElement("span"));
  label.dir = "auto";
  return column;
}
