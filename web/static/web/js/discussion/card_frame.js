/* The part of a card where kinds are voted on that the card does not draw itself: the poll in a frame
   as high as its content. */

// A ballot that is counted becomes this much lower at least.
const COLLAPSED_PX = 40;

/** @typedef {{onFail: () => void, onSize: (hasCollapsed: boolean) => void}} Listeners
 *    `onFail` is called if the page cannot be loaded, `onSize` after each change of the height;
 *    `hasCollapsed` if what is used in the frame has become lower */

export class CardFrame {
  /**
   * @param {HTMLElement} place
   * @param {Listeners} listeners
   */
  constructor(place, listeners) {
    this._place = place;
    this._listeners = listeners;
    /** @type {HTMLIFrameElement | null} */
    this._frame = null;
    this._resizing = new ResizeObserver(() => this._fit());
  }

  get isOpen() {
    return this._frame !== null;
  }

  /**
   * @param {string} url
   * @param {string} title for screen readers
   */
  open(url, title) {
    const frame = document.createElement("iframe");
    frame.className = "card-frame";
    frame.title = title;
    frame.src = url;
    // Also after it has reloaded itself, because the poll was edited.
    frame.addEventListener("load", () => this._follow(frame));
    this._frame = frame;
    this._place.replaceChildren(frame);
    this._place.hidden = false;
    this._place.setAttribute("aria-busy", "true");
  }

  close() {
    this._resizing.disconnect();
    this._frame = null;
    this._place.hidden = true;
    this._place.replaceChildren();
  }

  /** @param {HTMLIFrameElement} frame */
  _follow(frame) {
    if (frame !== this._frame) return;
    this._place.removeAttribute("aria-busy");
    this._resizing.disconnect();
    const main = frame.contentDocument?.getElementById("main");
    // The browser's page about an error is of no origin.
    if (!main) return this._listeners.onFail();
    this._resizing.observe(main);
    this._fit();
  }

  _fit() {
    const root = this._frame?.contentDocument?.documentElement;
    if (!this._frame || !root) return;
    const before = this._frame.clientHeight;
    this._frame.style.blockSize = `${root.offsetHeight}px`;
    const isUsed = document.activeElement === this._frame;
    this._listeners.onSize(isUsed && root.offsetHeight < before - COLLAPSED_PX);
  }
}
