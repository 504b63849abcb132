/* Draws a word cloud as SVG: words move and grow from what is shown. */

import { hashOf, UNITS } from "./cloud_layout.js";

/** @typedef {import("./cloud_worker.js").Placed} Placed */

const SVG = "http://www.w3.org/2000/svg";
const COLOURS = 8;
// The size of letters before they are scaled: transforms move smoothly, font sizes don't.
const DRAWN_SIZE = 100;

export class Cloud {
  /** @param {HTMLElement} place */
  constructor(place) {
    this._svg = document.createElementNS(SVG, "svg");
    /** @type {Map<string, SVGTextElement>} */
    this._words = new Map();
    place.replaceChildren(this._svg);
  }

  /**
   * @param {{key: string, text: string}[]} words
   * @param {Map<string, Placed>} placed
   * @param {number} height
   * @param {Set<string>} own keys of the reader's words
   */
  draw(words, placed, height, own) {
    this._svg.setAttribute("viewBox", `0 0 ${UNITS} ${height}`);
    const shown = words.filter(({ key }) => placed.has(key));
    this._removeExcept(new Set(shown.map(({ key }) => key)));
    for (const { key, text } of shown) {
      const known = this._words.get(key);
      const word = known ?? this._add(key);
      if (word.textContent !== text) word.textContent = text;
      word.classList.toggle("cloud-own", own.has(key));
      const { x, y, size } = /** @type {Placed} */ (placed.get(key));
      const target = `translate(${x}px, ${y}px) scale(${size / DRAWN_SIZE})`;
      if (!known) this._enter(word, `translate(${x}px, ${y}px) scale(${size / DRAWN_SIZE / 3})`);
      word.style.transform = target;
    }
  }

  /** @param {string} key */
  _add(key) {
    const word = document.createElementNS(SVG, "text");
    word.setAttribute("class", `cloud-text cloud-colour-${(hashOf(key) % COLOURS) + 1}`);
    this._words.set(key, word);
    this._svg.append(word);
    return word;
  }

  /**
   * Lets a new word grow in its place.
   * @param {SVGTextElement} word
   * @param {string} from
   */
  _enter(word, from) {
    word.style.transform = from;
    word.style.opacity = "0";
    // Style has to be computed once, or there is nothing to begin from.
    word.getBoundingClientRect();
    word.style.opacity = "";
  }

  /** @param {Set<string>} keys */
  _removeExcept(keys) {
    for (const [key, word] of this._words) {
      if (keys.has(key)) continue;
      this._words.delete(key);
      word.remove();
    }
  }
}
