/* The server's time, and countdowns. */

const DAY_MS = 86_400_000;

const language = `${document.documentElement.lang || "en"}-u-nu-latn`;
/** @type {Intl.DateTimeFormat | undefined} slow to create, and rarely needed */
let moments;

export class Clock {
  /** @param {string} now the server's time when it rendered the page */
  constructor(now) {
    this._aheadMs = 0;
    this.set(now);
  }

  /** @param {string} now the server's time of its latest response */
  set(now) {
    this._aheadMs = Date.parse(now) - Date.now();
  }

  now() {
    return Date.now() + this._aheadMs;
  }

  /** @param {string | null} moment */
  until(moment) {
    return moment === null ? Infinity : Date.parse(moment) - this.now();
  }
}

/**
 * Returns a countdown such as "4:59", or the date, as "5 May 2026, 14:00", if it is a day or more.
 * @param {string} moment
 * @param {number} leftMs
 * @returns {{text: string, isCountdown: boolean}}
 */
export function timeLeft(moment, leftMs) {
  if (leftMs >= DAY_MS) {
    moments ??= new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
    return { text: moments.format(Date.parse(moment)), isCountdown: false };
  }
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  const [first, ...others] = parts;
  const text = [first, ...others.map((part) => String(part).padStart(2, "0"))].join(":");
  return { text, isCountdown: true };
}
