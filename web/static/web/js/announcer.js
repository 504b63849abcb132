/* What a screen reader says of results: a summary now and then, not every vote. */

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
   * Says how things stand, not more often than the interval; only the newest is said.
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
   * Says it at once: an answer to what somebody did.
   * @param {string} text
   */
  announce(text) {
    this._say(text);
  }

  /** @param {string} text */
  _say(text) {
    this._nextAt = Date.now() + this._intervalMs;
    // The same text again would not be read again.
    this._place.textContent = this._place.textContent === text ? `${text}\u00a0` : text;
  }
}
