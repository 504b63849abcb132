/* Result bars, drawn at most once per animation frame.

   Markup, made by web/parts/bars.html or here:

     <ol class="bars">
       <li class="bar" data-option="<id>">
         <div class="bar-head">
           <span class="bar-label" dir="auto">Tea</span>
           <span class="bar-value"><span class="bar-percentage">60 %</span> <span class="bar-count">3</span></span>
         </div>
         <div class="bar-track"><svg><rect class="bar-fill" width="60%"/></svg></div>
       </li>
     </ol>

   The width of the rectangle is the percentage, so bars look the same on every page, in the
   downloaded image, and without a script. */

import { formatCount, formatShare } from "./page.js";

/** @typedef {import("./poll_store.js").Results} Results
 *  @typedef {import("./poll_store.js").OptionTally} OptionTally */

const SVG = "http://www.w3.org/2000/svg";

export class Bars {
  /** @param {HTMLElement} list the `<ol class="bars">` */
  constructor(list) {
    this._list = list;
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
   * Draws these results in the next frame; replaces results that have not been drawn yet.
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
    this._forgetRowsExcept(new Set(options.map((option) => option.id)));
    options.forEach((option, index) => {
      const row = this._rows.get(option.id) || this._addRow(option.id);
      if (this._list.children[index] !== row) this._list.insertBefore(row, this._list.children[index]);
      this._drawRow(row, option);
    });
  }

  /**
   * @param {HTMLElement} row
   * @param {OptionTally} option
   */
  _drawRow(row, { id, text, voteCount, percentage }) {
    setText(row, ".bar-label", this._label(id, text));
    setText(row, ".bar-percentage", percentage === null ? "" : formatShare(percentage));
    setText(row, ".bar-count", voteCount === null ? "" : formatCount(voteCount));
    row.classList.toggle("bar-yours", this._yours.has(id));
    part(row, ".bar-fill").setAttribute("width", barLength(percentage));
  }

  /**
   * Returns the label of an option; subclasses may shorten it.
   * @param {string} _id
   * @param {string} text
   */
  _label(_id, text) {
    return text;
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
    track.append(emptyFill());
    row.append(head, track);
    this._rows.set(id, row);
    return row;
  }
}

/**
 * Returns the length of a bar, relative to its track.
 * @param {number | null} percentage null where the results are hidden
 */
export function barLength(percentage) {
  return `${percentage ?? 0}%`;
}

function emptyFill() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  const fill = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ class: "bar-fill", width: "0%" })) {
    fill.setAttribute(name, value);
  }
  svg.append(fill);
  return svg;
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
 * Sets a text, unless it is the same already.
 * @param {HTMLElement} row
 * @param {string} selector
 * @param {string} text
 */
function setText(row, selector, text) {
  const place = part(row, selector);
  if (place.textContent !== text) place.textContent = text;
}
