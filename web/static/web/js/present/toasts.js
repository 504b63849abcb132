/* Short messages about actions and errors: shown for a while, and read by screen readers. */

const SEEN_MS = 6_000;

export class Toasts {
  constructor() {
    this._said = /** @type {HTMLElement} */ (document.getElementById("toast"));
    this._failed = /** @type {HTMLElement} */ (document.getElementById("toast-error"));
    this._timer = 0;
  }

  /** @param {string} text */
  say(text) {
    this._show(text, "", SEEN_MS);
  }

  /** @param {string} text */
  fail(text) {
    this._show("", text, 2 * SEEN_MS);
  }

  end() {
    clearTimeout(this._timer);
  }

  /**
   * @param {string} said
   * @param {string} failed
   * @param {number} [forMs]
   */
  _show(said, failed, forMs) {
    clearTimeout(this._timer);
    this._said.textContent = said;
    this._failed.textContent = failed;
    if (forMs) this._timer = setTimeout(() => this._show("", ""), forMs);
  }
}
