/* Times of a poll in the local time zone; a countdown if they are near. */

import { timeLeft } from "../clock.js";
import { fill } from "../page.js";

/** @typedef {import("../clock.js").Clock} Clock */

const language = `${document.documentElement.lang || "en"}-u-nu-latn`;
const days = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const moments = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

/**
 * Updates the text of every `[data-moment]` each second.
 * @param {Clock} clock
 * @param {Record<string, string>} texts
 */
export function keepMoments(clock, texts) {
  const show = () => {
    for (const place of document.querySelectorAll("[data-moment]")) {
      showMoment(/** @type {HTMLElement} */ (place), clock, texts);
    }
  };
  show();
  setInterval(show, 1000);
}

/**
 * @param {HTMLElement} place
 * @param {Clock} clock
 * @param {Record<string, string>} texts
 */
function showMoment(place, clock, texts) {
  const { moment: kind = "", at = "" } = place.dataset;
  const text = fill(...sentence(kind, at, clock, texts));
  if (place.textContent !== text) place.textContent = text;
}

/**
 * @param {string} kind
 * @param {string} at
 * @param {Clock} clock
 * @param {Record<string, string>} texts
 * @returns {[string, {time: string}]}
 */
function sentence(kind, at, clock, texts) {
  if (kind === "plain") return ["{time}", { time: moments.format(Date.parse(at)) }];
  const day = { time: days.format(Date.parse(at)) };
  if (kind === "created") return [texts.createdAt, day];
  if (kind === "joined") return [texts.joinedAt, day];
  if (kind === "expires") return [texts.expiresAt, day];
  if (kind === "closed") return [texts.closedAt, { time: moments.format(Date.parse(at)) }];
  const left = timeLeft(at, clock.until(at));
  const { text: time, isCountdown } = left;
  if (kind === "opens") return [isCountdown ? texts.opensIn : texts.opensAt, { time }];
  return [isCountdown ? texts.closesIn : texts.closesAt, { time }];
}
