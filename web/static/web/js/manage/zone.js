/* Converts times to the local time zone: the server renders UTC. */

import { fill } from "../page.js";
import { inputOf, read } from "./slot_list.js";

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} texts
 */
export function showOwnZone(form, texts) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const field = named(form, "time_zone");
  // A time that was already typed is in the local time zone, and is not converted.
  if (field.value === "UTC" && zone) {
    for (const name of ["opens_at", "closes_at"]) {
      showLocally(named(form, name), named(form, `${name}_was`));
    }
    form.querySelectorAll("[data-slot-row]").forEach(showSlotLocally);
    field.value = zone;
  }
  for (const hint of form.querySelectorAll("[data-zone-hint]")) {
    hint.textContent = `${fill(texts.zone, { zone: field.value.replaceAll("_", " ") })} `;
  }
}

/**
 * `was` lets the server recognise an untouched field, so it takes the text as the browser
 * normalised it: some fields hold no year above 9999.
 * @param {HTMLInputElement} input
 * @param {HTMLInputElement} was
 */
function showLocally(input, was) {
  const isUntouched = input.value === was.value;
  input.value = toLocal(input.value);
  was.value = isUntouched ? input.value : toLocal(was.value);
}

/**
 * Days without a time are the same in all time zones.
 * @param {Element} row
 */
function showSlotLocally(row) {
  const { day, start, end } = read(row);
  if (!start) return;
  const was = inputOf(row, "was");
  const isUntouched = was.value === shown([day, start, end]);
  const [localDay, localStart] = toLocal(`${day}T${start}`).split("T");
  const [, localEnd = ""] = end ? toLocal(`${day}T${end}`).split("T") : [];
  inputOf(row, "day").value = localDay;
  inputOf(row, "start").value = localStart;
  inputOf(row, "end").value = localEnd;
  if (isUntouched) was.value = shown([localDay, localStart, localEnd]);
}

/** @param {string[]} fields */
function shown(fields) {
  return fields.join(" ").trim();
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function named(form, name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/** @param {string} text a time in UTC, as such a field holds it */
function toLocal(text) {
  const moment = new Date(`${text}Z`);
  if (Number.isNaN(moment.getTime())) return text;
  const year = String(moment.getFullYear()).padStart(4, "0");
  const day = [year, twoDigits(moment.getMonth() + 1), twoDigits(moment.getDate())].join("-");
  return `${day}T${twoDigits(moment.getHours())}:${twoDigits(moment.getMinutes())}`;
}

/** @param {number} number */
function twoDigits(number) {
  return String(number).padStart(2, "0");
}
