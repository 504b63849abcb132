/* Shows who else is in the project, or at the same poll or workspace. */

import { fill, setText } from "../page.js";
import { TeamPresence } from "../team_presence.js";

/** @typedef {import("../team_presence.js").Teammate} Teammate
 *  @typedef {import("../team_presence.js").Live} Live */

const MAX_NAMES = 5;
const language = document.documentElement.lang || "en";
const lists = new Intl.ListFormat(language, { type: "conjunction" });

/**
 * @param {import("../live_socket.js").LiveSocket} socket
 * @param {Live | null | undefined} live null for a page without a team
 * @param {Record<string, string>} texts
 * @returns {TeamPresence | null}
 */
export function showTeam(socket, live, texts) {
  if (!live) return null;
  const presence = new TeamPresence(socket, live);
  presence.onPeople = (others) => {
    drawList(others, texts);
    drawLine(others.filter((other) => isAtSamePlace(other, live)), texts);
    drawEditors(others.filter((other) => other.doing === "edits" && other.pollId === live.location.pollId), texts);
  };
  presence.start();
  return presence;
}

/**
 * @param {Teammate} other
 * @param {Live} live
 */
function isAtSamePlace(other, { location: { pollId, workspaceId } }) {
  return pollId ? other.pollId === pollId : other.workspaceId === workspaceId;
}

/**
 * On the project's page: everybody, with what they do.
 * @param {Teammate[]} others
 * @param {Record<string, string>} texts
 */
function drawList(others, texts) {
  const card = document.getElementById("here");
  const list = card?.querySelector("[data-here]");
  if (!card || !list) return;
  list.replaceChildren(...others.map((other) => itemOf(other, texts)));
  card.hidden = others.length === 0;
}

/**
 * @param {Teammate} other
 * @param {Record<string, string>} texts
 */
function itemOf(other, texts) {
  const item = document.createElement("li");
  const name = document.createElement("bdi");
  name.className = "activity-who";
  name.textContent = other.name;
  item.append(name);
  const doing = sentenceOf(other, texts);
  if (doing) {
    const note = document.createElement("span");
    note.className = "muted";
    note.textContent = ` ${doing}`;
    item.append(note);
  }
  return item;
}

/**
 * @param {Teammate} other
 * @param {Record<string, string>} texts
 */
function sentenceOf({ doing, pollQuestion }, texts) {
  if (!doing || !pollQuestion) return "";
  return fill(texts[doing] ?? "", { name: isolated(pollQuestion) });
}

/**
 * On the page of a poll or workspace: those who are there, too.
 * @param {Teammate[]} others
 * @param {Record<string, string>} texts
 */
function drawLine(others, texts) {
  const line = /** @type {HTMLElement | null} */ (document.querySelector("[data-here-line]"));
  const names = line?.querySelector("[data-here-names]");
  if (!line || !names) return;
  setText(names, namesOf(others, texts));
  line.hidden = others.length === 0;
}

/**
 * In the form of a poll: who else edits it.
 * @param {Teammate[]} editors
 * @param {Record<string, string>} texts
 */
function drawEditors(editors, texts) {
  const notice = /** @type {HTMLElement | null} */ (document.querySelector("[data-editors]"));
  const place = notice?.querySelector("[data-editor-names]");
  if (!notice || !place) return;
  notice.hidden = editors.length === 0;
  const sentence = editors.length === 1 ? texts.oneEditor : texts.someEditors;
  setText(place, editors.length ? `${fill(sentence, { names: namesOf(editors, texts) })} ${texts.bothSaved}` : "");
}

/**
 * @param {Teammate[]} people
 * @param {Record<string, string>} texts
 */
function namesOf(people, texts) {
  const names = people.slice(0, MAX_NAMES).map(({ name }) => isolated(name));
  if (people.length > MAX_NAMES) names.push(texts.others);
  return lists.format(names);
}

/**
 * Keeps the direction of a name from changing the sentence around it.
 * @param {string} text
 */
function isolated(text) {
  return `\u2068${text}\u2069`;
}
