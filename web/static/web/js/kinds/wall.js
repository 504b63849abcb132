/* A wall of cards. On a page, all are below each other or side by side; on stage they are in columns
   that fill the picture, and further columns are further pages. */

import { formatCount } from "../page.js";
import { glideThrough } from "./gliding.js";

/** @typedef {{text: string, count: number}} Card */

// The same as in web/kinds/open_text.py.
const SHORT_CHARS = 60;
const MEDIUM_CHARS = 180;

export class Wall {
  /**
   * @param {HTMLElement} list
   * @param {{yours: string, times: (count: number) => string}} words
   */
  constructor(list, words) {
    this._list = list;
    this._words = words;
    /** @type {Map<string, HTMLElement>} */
    this._cards = new Map();
    for (const card of /** @type {Iterable<HTMLElement>} */ (list.children)) {
      this._cards.set(card.querySelector(".wall-text")?.textContent ?? "", card);
    }
  }

  /** The texts that are shown. */
  get texts() {
    return new Set(this._cards.keys());
  }

  /**
   * @param {Card[]} cards the first one first
   * @param {string | undefined} own the reader's text
   */
  draw(cards, own) {
    const texts = new Set(cards.map(({ text }) => text));
    const isSame = [...texts].join("\0") === [...this._cards.keys()].join("\0");
    if (isSame) this._update(cards, own);
    else glideThrough(() => this._cards.values(), () => this._replace(cards, texts, own));
  }

  /**
   * @param {Card[]} cards
   * @param {Set<string>} texts
   * @param {string | undefined} own
   */
  _replace(cards, texts, own) {
    for (const [text, card] of this._cards) if (!texts.has(text)) card.remove();
    this._cards = new Map(cards.map(({ text }) => [text, this._cards.get(text) ?? makeCard(text)]));
    let before = this._list.firstElementChild;
    for (const card of this._cards.values()) {
      if (card === before) before = card.nextElementSibling;
      else this._list.insertBefore(card, before);
    }
    this._update(cards, own);
  }

  /**
   * @param {Card[]} cards
   * @param {string | undefined} own
   */
  _update(cards, own) {
    for (const { text, count } of cards) {
      const card = /** @type {HTMLElement} */ (this._cards.get(text));
      card.classList.toggle("wall-own", text === own);
      this._label(card, "wall-mark badge badge-yours", text === own ? [this._words.yours] : []);
      this._label(card, "wall-times numbers", count > 1 ? [`×${formatCount(count)}`, this._words.times(count)] : []);
    }
  }

  /**
   * Shows a line below the text, or removes it.
   * @param {HTMLElement} card
   * @param {string} className
   * @param {string[]} content what is seen, and what screen readers hear instead
   */
  _label(card, className, [seen, heard]) {
    const known = card.querySelector(`.${className.split(" ")[0]}`);
    if (!seen) return known?.remove();
    const label = known ?? Object.assign(document.createElement("p"), { className });
    if (label.firstChild?.textContent === seen) return;
    const look = Object.assign(document.createElement("span"), { textContent: seen });
    label.replaceChildren(look);
    if (heard) {
      look.setAttribute("aria-hidden", "true");
      label.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: heard }));
    }
    if (!known) card.append(label);
  }
}

/** @param {string} text */
function makeCard(text) {
  const card = Object.assign(document.createElement("li"), { className: "wall-card" });
  card.dataset.length = text.length <= SHORT_CHARS ? "short" : text.length <= MEDIUM_CHARS ? "medium" : "long";
  card.append(Object.assign(document.createElement("p"), { className: "wall-text", dir: "auto", textContent: text }));
  return card;
}
