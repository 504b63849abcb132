/* Questions as rows of a list, on the voter's page, on stage and in `/manage`. */

import { formatCount, setText } from "../page.js";

/** @typedef {{id: string, text: string, count: number | null, position: number, isPinned: boolean,
 *    isAnswered: boolean}} Question
 *  @typedef {"votes" | "time"} Sorting */

/**
 * Returns the questions of a poll in the order of its options, which is that in which they were asked.
 * @param {import("../poll_store.js").PollHead} head
 * @param {import("../poll_store.js").Results} results
 * @returns {Question[]}
 */
export function questionsOf(head, results) {
  const counts = new Map(results.options.map(({ id, voteCount }) => [id, voteCount]));
  return head.options.map((/** @type {Record<string, any>} */ option, position) => ({
    id: option.id,
    text: option.text,
    count: counts.get(option.id) ?? null,
    position,
    isPinned: option.isPinned === true,
    isAnswered: option.state === "answered",
  }));
}

/**
 * Returns them sorted: pinned, open ones by votes or the newest first, answered. The same as in
 * web/kinds/questions.py.
 * @param {Iterable<Question>} questions
 * @param {Sorting} [by]
 */
export function sorted(questions, by = "votes") {
  return [...questions].sort((one, other) => {
    const byPlace = placeOf(one) - placeOf(other);
    if (byPlace) return byPlace;
    if (by === "time") return other.position - one.position;
    return (other.count ?? 0) - (one.count ?? 0) || one.position - other.position;
  });
}

/** @param {Question} question */
const placeOf = ({ isAnswered, isPinned }) => (isAnswered ? 2 : 0) + (isPinned ? 0 : 1);

/**
 * Makes a row like those of the template.
 * @param {string} id
 * @param {boolean} hasBox whether people can vote for it here
 */
export function makeRow(id, hasBox) {
  const row = element("li", "question");
  row.dataset.option = id;
  const line = element(hasBox ? "label" : "div", "question-row");
  if (hasBox) line.append(Object.assign(document.createElement("input"), { type: "checkbox", name: "option", value: id }));
  const votes = element("span", "question-votes");
  votes.append(arrow(), element("span", "question-count numbers"));
  line.append(votes, Object.assign(element("span", "question-text"), { dir: "auto" }));
  row.append(line, element("p", "question-marks"));
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {Question} question
 * @param {string[]} marks
 */
export function showQuestion(row, { text, count, isPinned, isAnswered }, marks) {
  row.toggleAttribute("data-pinned", isPinned);
  row.toggleAttribute("data-answered", isAnswered);
  setText(/** @type {Element} */ (row.querySelector(".question-text")), text);
  setText(/** @type {Element} */ (row.querySelector(".question-count")), count === null ? "" : formatCount(count));
  const place = /** @type {Element} */ (row.querySelector(".question-marks"));
  const known = Array.from(place.children, (mark) => mark.textContent);
  if (known.join() === marks.join()) return;
  place.replaceChildren(...marks.map((mark) => Object.assign(element("span", "badge"), { textContent: mark })));
}

/**
 * Returns the rows of a list by the ids of their questions.
 * @param {HTMLElement} list
 * @returns {Map<string, HTMLElement>}
 */
export function rowsOf(list) {
  const rows = /** @type {HTMLElement[]} */ ([...list.children]);
  return new Map(rows.map((row) => [row.dataset.option ?? "", row]));
}

/**
 * Puts the rows in this order, and moves none that is where it should be: it could have the focus.
 * @param {HTMLElement} list
 * @param {HTMLElement[]} rows
 */
export function arrange(list, rows) {
  const active = document.activeElement;
  rows.forEach((row, index) => {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  if (active instanceof HTMLElement && active !== document.activeElement && list.contains(active)) active.focus({ preventScroll: true });
}

function arrow() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ class: "icon", "aria-hidden": "true", viewBox: "0 0 24 24" })) svg.setAttribute(name, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "m6 14.5 6-6 6 6");
  svg.append(path);
  return svg;
}

/**
 * @param {string} name
 * @param {string} className
 */
const element = (name, className) => Object.assign(document.createElement(name), { className });
