/* Shared by all pages: their data, sending forms, keys, and number formats. */

const PATIENCE_MS = 20_000;

/**
 * Returns the data that the template passed with `json_script`.
 * @param {string} id
 * @returns {any}
 */
export function pageData(id = "page-data") {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent || "null") : null;
}

/**
 * Sends form fields to a URL of this site. Redirects are not followed: they are for browsers
 * without a script.
 * @param {string} url
 * @param {Record<string, string | string[]>} [fields]
 * @returns {Promise<Response>}
 */
export function post(url, fields = {}) {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) body.append(name, each);
  }
  // From the cookie, not from the page: signing in changes the token.
  const headers = { Accept: "application/json", "X-CSRFToken": cookie("tallyroom_csrf") };
  return fetch(url, {
    method: "POST",
    body,
    headers,
    credentials: "same-origin",
    redirect: "manual",
    signal: patience(),
  });
}

/**
 * Aborts a request without a response, which would otherwise take minutes.
 * @returns {AbortSignal | undefined} undefined where the browser has no such signals yet
 */
export function patience() {
  return AbortSignal.timeout?.(PATIENCE_MS);
}

/**
 * @param {string} name
 * @returns {string}
 */
export function cookie(name) {
  const found = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/**
 * Returns a new idempotency key. (`crypto.randomUUID` needs HTTPS, which a server in a local
 * network may not have.)
 * @returns {string}
 */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Latin digits in every language, like the server-rendered numbers.
const locale = `${document.documentElement.lang || "en"}-u-nu-latn`;
const PERCENT = { style: "percent", maximumFractionDigits: 1 };
// Created when first needed: slow on phones.
let whole;
let share;

/** @param {number} count */
export function formatCount(count) {
  whole ??= new Intl.NumberFormat(locale);
  return whole.format(count);
}

/**
 * Returns the element with this id, which must exist.
 * @param {string} id
 */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/**
 * Sets the text of an element, unless it is the same already.
 * @param {Element} place
 * @param {string} text
 */
export function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/**
 * Shows the original question, if it was edited after voting began.
 * @param {{originalQuestion: string | null}} head
 */
export function showEdit({ originalQuestion }) {
  const note = document.getElementById("edited");
  const place = document.getElementById("original-question");
  if (!note || !place) return;
  note.hidden = originalQuestion === null;
  if (place.textContent !== originalQuestion) place.textContent = originalQuestion;
}

/** @param {number} percentage from 0 to 100, as the server sends it */
export function formatPercentage(percentage) {
  share ??= new Intl.NumberFormat(locale, /** @type {Intl.NumberFormatOptions} */ (PERCENT));
  return share.format(percentage / 100);
}

/**
 * Returns a percentage without decimals, as bars show it. What is not nothing is not 0 %, and what is
 * not everything is not 100 %.
 * @param {number} percentage from 0 to 100, as the server sends it
 */
export function formatShare(percentage) {
  if (percentage > 0 && percentage < 0.5) return `<${formatPercentage(1)}`;
  if (percentage >= 99.5 && percentage < 100) return `>${formatPercentage(99)}`;
  return formatPercentage(Math.round(percentage));
}

/**
 * Fills in the placeholders of a translated sentence: `{name}` becomes `values.name`.
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}
