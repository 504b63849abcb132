/* What the preview shows of each kind: a sketch of the ballot, not the ballot itself. */

import { fill } from "../page.js";
import { read } from "./slot_list.js";

/** @typedef {{form: HTMLFormElement, fields: FormData, options: string[], texts: any}} Drawing */
/** @typedef {{hint: string, items: HTMLElement[]}} Sketch */

const MAX_LEVELS = 11;
const SHOWN_DATES = 12;

const days = new Intl.DateTimeFormat(document.documentElement.lang || "en", {
  weekday: "short",
  day: "numeric",
  month: "short",
  timeZone: "UTC",
});

/** @type {Record<string, (drawing: Drawing) => Sketch>} */
export const SKETCHES = {
  rating: ({ fields, options, texts }) => {
    const isYesNo = fields.get("rating-scale") === "yes_no";
    const steps = Math.min(number(fields, "rating-steps") || 5, MAX_LEVELS);
    const levels = isYesNo ? [texts.preview.yes, texts.preview.no] : Array.from({ length: steps }, (_, at) => `${at + 1}`);
    return {
      hint: texts.preview.rating,
      items: options.map((option, at) => item(option, optionName(texts, at), scale(levels))),
    };
  },
  ranking: ({ options, texts }) => ({
    hint: texts.preview.ranking,
    items: options.map((option, at) => item(option, optionName(texts, at), null, chip(`${at + 1}`))),
  }),
  points: ({ fields, options, texts }) => ({
    hint: fill(texts.preview.points, { count: number(fields, "points-total") }),
    items: options.map((option, at) => item(option, optionName(texts, at), null, null, chip("0"))),
  }),
  numeric: ({ fields, texts }) => {
    const [low, high] = [text(fields, "numeric-min"), text(fields, "numeric-max")];
    const line = item("", `${low} – ${high} ${text(fields, "numeric-unit")}`);
    return { hint: fill(texts.preview.numeric, { low, high }), items: [line] };
  },
  word_cloud: ({ fields, texts }) => {
    const count = Math.min(Math.max(number(fields, "word_cloud-max_words"), 1), 10);
    const words = Array.from({ length: count }, (_, at) => fill(texts.preview.word, { number: at + 1 }));
    return { hint: fill(texts.preview.word_cloud, { count }), items: words.map((each) => item("", each)) };
  },
  open_text: ({ fields, texts }) => ({
    hint: fill(texts.preview.open_text, { count: number(fields, "open_text-max_chars") }),
    items: [large(item("", texts.preview.text))],
  }),
  questions: ({ texts }) => ({ hint: texts.preview.questions, items: [large(item("", texts.preview.ask))] }),
  hotspot: ({ fields, texts }) => ({
    hint: fill(texts.preview.hotspot, { count: number(fields, "hotspot-max_places") }),
    items: [large(item("", texts.preview.picture))],
  }),
  dates: ({ form, fields, texts }) => {
    const rows = [...form.querySelectorAll("[data-slot-row]")].map(read).filter((row) => row.day);
    const answers = fields.get("dates-allows_maybe") ? ["yes", "maybe", "no"] : ["yes", "no"];
    const names = rows.length ? rows.map(dateName) : ["", ""];
    return {
      hint: texts.preview.dates,
      items: names
        .slice(0, SHOWN_DATES)
        .map((name, at) =>
          item(name, fill(texts.preview.day, { number: at + 1 }), scale(answers.map((each) => texts.preview[each]))),
        ),
    };
  },
};

/** @param {import("./slot_list.js").SlotFields} row */
function dateName({ day, start, end }) {
  const date = new Date(day);
  if (Number.isNaN(date.getTime())) return day;
  return [days.format(date), [start, end].filter(Boolean).join("–")].filter(Boolean).join(", ");
}

/**
 * @param {FormData} fields
 * @param {string} name
 */
function text(fields, name) {
  return String(fields.get(name) ?? "").trim();
}

/**
 * @param {FormData} fields
 * @param {string} name
 */
function number(fields, name) {
  return Number(text(fields, name)) || 0;
}

/**
 * @param {any} texts
 * @param {number} at
 */
function optionName(texts, at) {
  return fill(texts.option, { number: at + 1 });
}

/**
 * @param {string} shown
 * @param {string} placeholder shown while there is no text
 * @param {HTMLElement | null} [below]
 * @param {HTMLElement | null} [before]
 * @param {HTMLElement | null} [after]
 */
export function item(shown, placeholder, below = null, before = null, after = null) {
  const entry = element("li", "phone-choice");
  const label = Object.assign(element("span", "phone-label"), { dir: "auto", textContent: shown || placeholder });
  label.classList.toggle("is-missing", !shown);
  for (const part of [before, label, after, below]) if (part) entry.append(part);
  entry.classList.toggle("phone-wraps", Boolean(below));
  return entry;
}

/** @param {HTMLElement} entry */
function large(entry) {
  entry.classList.add("phone-large");
  return entry;
}

/** @param {string[]} levels */
function scale(levels) {
  const row = element("span", "phone-scale");
  row.append(...levels.map((level) => Object.assign(element("span", "phone-level"), { textContent: level })));
  return row;
}

/** @param {string} shown */
function chip(shown) {
  return Object.assign(element("span", "phone-chip"), { textContent: shown });
}

/**
 * @param {string} tag
 * @param {string} className
 */
export function element(tag, className) {
  return Object.assign(document.createElement(tag), { className });
}
