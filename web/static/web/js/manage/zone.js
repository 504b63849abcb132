/* Times in one's own zone: the page comes with UTC, since the server doesn't know better. */

import { fill } from "../page.js";

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} texts
 */
export function showOwnZone(form, texts) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("time_zone"));
  // What somebody has typed already, in their own zone, stays as it is.
  if (field.value === "UTC" && zone) {
    for (const name of ["opens_at", "closes_at"]) {
      const input = /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
      input.value = toLocal(input.value);
    }
    field.value = zone;
  }
  const hint = document.getElementById("zone-hint")?.firstChild;
  if (hint) hint.textContent = fill(texts.zone, { zone: field.value.replaceAll("_", " ") }) + " ";
}

/** @param {string} text a time in UTC, as such a field holds it */
function toLocal(text) {
  const moment = new Date(`${text}Z`);
  if (Number.isNaN(moment.getTime())) return text;
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
