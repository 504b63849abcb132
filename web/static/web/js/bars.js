/* Result bars, drawn at most once a frame however fast the numbers come in.

   Markup, made by web/parts/bars.html or here:

     <ol class="bars">
       <li class="bar" data-option="<id>">
         <div class="bar-head">
           <span class="bar-label" dir="auto">Tea</span>
           <span class="bar-value"><span class="bar-percentage">60 %</span> <span class="bar-count">3</span></span>
         </div>
         <div class="bar-track"><div class="bar-fill"></div></div>
       </li>
     </ol>

   Only texts and a custom property change, which the stylesheet turns into a transform: nothing
   is laid out anew while bars move. */

import { formatCount, formatPercentage } from "./page.js";

/** @typedef {import("./poll_store.js").Results} Results
 *  @typedef {import("./poll_store.js").OptionTally} OptionTally */

export class Bars {
  /**
   * @param {HTMLElement} list the `<ol class="bars">`
   * @param {{scale?: "whole" | "leader"}} [options] what a full bar is: all votes, or the most
   */
  constructor(list, { scale = "whole" } = {}) {
    this._list = list;
    this._scale = scale;
    /** @type {Map<string, HTMLElement>} */
    this._rows = new Map();
    for (const row of /** @type {Iterable<HTMLElement>} */ (list.children)) {
      this._rows.set(row.dataset.option || "", row);
    }
    /** @type {Results | null} */
    this._results = null;
    this._yours = new Set();
    this._isDue = false;
  }

  /**
   * Draws these results with the next frame; an older call that has not been drawn is dropped.
   * @param {Results} results
   * @param {Iterable<string>} [yours] the options this person has voted for
   */
  show(results, yours = []) {
    this._results = results;
    this._yours = new Set(yours);
    if (this._isDue) return;
    this._isDue = true;
    requestAnimationFrame(() => {
      this._isDue = false;
      this._draw();
    });
  }

  _draw() {
    const { options } = /** @type {Results} */ (this._results);
    const most = Math.max(1, ...options.map((option) => option.voteCount ?? 0));
    this._forgetRowsExcept(new Set(options.map((option) => option.id)));
    options.forEach((option, index) => {
      const row = this._rows.get(option.id) || this._addRow(option.id);
      if (this._list.children[index] !== row) this._list.insertBefore(row, this._list.children[index]);
      this._drawRow(row, option, most);
    });
  }

  /**
   * @param {HTMLElement} row
   * @param {OptionTally} option
   * @param {number} most
   */
  _drawRow(row, option, most) {
    const { voteCount, percentage } = option;
    const share = this._scale === "leader" ? (voteCount ?? 0) / most : (percentage ?? 0) / 100;
    setText(row, ".bar-label", option.text);
    setText(row, ".bar-percentage", percentage === null ? "" : formatPercentage(percentage));
    setText(row, ".bar-count", voteCount === null ? "" : formatCount(voteCount));
    row.classList.toggle("bar-yours", this._yours.has(option.id));
    part(row, ".bar-fill").style.setProperty("--share", String(share));
  }

  /** @param {Set<string>} ids */
  _forgetRowsExcept(ids) {
    for (const [id, row] of this._rows) {
      if (ids.has(id)) continue;
      row.remove();
      this._rows.delete(id);
    }
  }

  /** @param {string} id */
  _addRow(id) {
    const row = element("li", "bar");
    row.dataset.option = id;
    const head = element("div", "bar-head");
    const label = element("span", "bar-label");
    label.dir = "auto";
    const value = element("span", "bar-value");
    value.append(element("span", "bar-percentage"), " ", element("span", "bar-count"));
    head.append(label, value);
    const track = element("div", "bar-track");
    track.append(element("div", "bar-fill"));
    row.append(head, track);
    this._rows.set(id, row);
    return row;
  }
}

/**
 * @param {string} name
 * @param {string} className
 */
function element(name, className) {
  return Object.assign(document.createElement(name), { className });
}

/**
 * @param {HTMLElement} row
 * @param {string} selector
 * @returns {HTMLElement}
 */
function part(row, selector) {
  return /** @type {HTMLElement} */ (row.querySelector(selector));
}

/**
 * Leaves the page alone where nothing changes.
 * @param {HTMLElement} row
 * @param {string} selector
 * @param {string} text
 */
function setText(row, selector, text) {
  const place = part(row, selector);
  if (place.textContent !== text) place.textContent = text;
}
