/* Steps through the pages of a list whose columns do not fit on stage beside each other: with two
   buttons, and with the arrow keys. */

import { fill, setText } from "../page.js";

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

export class Pages {
  /**
   * @param {HTMLElement} list in columns, as high as its place
   * @param {HTMLElement} place with the buttons
   * @param {string} sentence with the places `page` and `pages`
   * @param {() => void} onFirst called when the first page is shown again
   */
  constructor(list, place, sentence, onFirst) {
    this._list = list;
    this._sentence = sentence;
    this._onFirst = onFirst;
    this._row = /** @type {HTMLElement} */ (place.querySelector(".stage-pages"));
    this._new = /** @type {HTMLElement} */ (place.querySelector(".stage-pages-new"));
    this._page = 0;
    this._count = 1;
    this._ending = new AbortController();
    const { signal } = this._ending;
    for (const button of this._row.querySelectorAll("[data-page]")) {
      const step = Number(/** @type {HTMLElement} */ (button).dataset.page);
      button.addEventListener("click", () => this._go(this._page + step), { signal });
    }
    this._new.addEventListener("click", () => this._go(0), { signal });
    document.addEventListener("keydown", (event) => this._pressed(event), { signal });
  }

  end() {
    this._ending.abort();
  }

  get isFirst() {
    return this._page === 0;
  }

  /**
   * Says what waits on the first page.
   * @param {string} text none hides it
   */
  announce(text) {
    this._new.hidden = text === "";
    setText(this._new, text);
  }

  /** Counts the pages again, after cards or sizes have changed. */
  measure() {
    const step = this._step;
    this._count = step > 0 ? Math.max(1, Math.round((this._list.scrollWidth + this._gap) / step + 0.49)) : 1;
    if (this._page >= this._count) this._page = this._count - 1;
    this._show("instant");
  }

  get _gap() {
    return Number.parseFloat(getComputedStyle(this._list).columnGap) || 0;
  }

  /** The width of a page with the gap after it, in pixels. */
  get _step() {
    const { width } = this._list.getBoundingClientRect();
    return width ? width + this._gap : 0;
  }

  /** @param {number} page */
  _go(page) {
    const before = this._page;
    this._page = Math.min(Math.max(page, 0), this._count - 1);
    this._show(stillness.matches ? "instant" : "smooth");
    if (this.isFirst && before !== 0) this._onFirst();
  }

  /** @param {ScrollBehavior} behavior */
  _show(behavior) {
    const direction = getComputedStyle(this._list).direction === "rtl" ? -1 : 1;
    const left = direction * this._page * this._step;
    if (Math.abs(this._list.scrollLeft - left) > 1) this._list.scrollTo({ left, behavior });
    this._row.hidden = this._count < 2;
    const [back, forward] = /** @type {NodeListOf<HTMLButtonElement>} */ (this._row.querySelectorAll("[data-page]"));
    back.setAttribute("aria-disabled", String(this._page === 0));
    forward.setAttribute("aria-disabled", String(this._page === this._count - 1));
    const place = /** @type {HTMLElement} */ (this._row.querySelector(".stage-pages-now"));
    setText(place, fill(this._sentence, { page: this._page + 1, pages: this._count }));
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    if (!isForStage(event)) return;
    const isRtl = getComputedStyle(this._list).direction === "rtl";
    const steps = { ArrowLeft: isRtl ? 1 : -1, ArrowRight: isRtl ? -1 : 1 };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (!step || this._count < 2) return;
    event.preventDefault();
    this._go(this._page + step);
  }
}

/**
 * Whether a key is not for a field, a dialog or the browser.
 * @param {KeyboardEvent} event
 */
function isForStage({ ctrlKey, metaKey, altKey, defaultPrevented, target }) {
  const isElsewhere = /** @type {Element} */ (target).closest("input, textarea, select, dialog");
  return !(ctrlKey || metaKey || altKey || defaultPrevented || isElsewhere || document.querySelector("dialog[open]"));
}
