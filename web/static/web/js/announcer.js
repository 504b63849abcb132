/* Announces results to screen readers: a summary at intervals, not every vote. */

const INTERVAL_MS = 10_000;

export class Announcer {
  /**
   * @param {HTMLElement} place an element with `aria-live="polite"`, usually .visually-hidden
   * @param {number} [intervalMs]
   */
  constructor(place, intervalMs = INTERVAL_MS) {
    this._place = place;
    this._intervalMs = intervalMs;
    this._nextAt = Date.now() + intervalMs;
    this._timer = 0;
    this._waiting = () => "";
  }

  /**
   * Announces a summary, at most once per interval; only the newest one is announced.
   * @param {() => string} describe called when it is said, so that it is true by then
   */
  summarize(describe) {
    this._waiting = describe;
    if (this._timer) return;
    this._timer = setTimeout(() => {
      this._timer = 0;
      this._say(this._waiting());
    }, Math.max(0, this._nextAt - Date.now()));
  }

  /**
   * Announces a text at once: the response to an action.
   * @param {string} text
   */
  announce(text) {
    this._say(text);
  }

  /** @param {string} text */
  _say(text) {
    this._nextAt = Date.now() + this._intervalMs;
    // Screen readers don't read unchanged text again.
    this._place.textContent = this._place.textContent === text ? `${text}\u00a0` : text;
  }
}
