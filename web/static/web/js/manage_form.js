/* The form of a poll: sortable options, a preview, and times in the local time zone. */

import { LiveSocket } from "./live_socket.js";
import { showTeam } from "./manage/here.js";
import { OptionList } from "./manage/option_list.js";
import { takePictures } from "./manage/pictures.js";
import { Preview } from "./manage/preview.js";
import { SlotList } from "./manage/slot_list.js";
import { showOwnZone } from "./manage/zone.js";
import { pageData } from "./page.js";

const texts = pageData("page-texts");
const form = /** @type {HTMLFormElement} */ (document.getElementById("poll-form"));
const preview = new Preview(form, texts);
const list = document.getElementById("options");
const slots = document.getElementById("slots");
const { maxOptions } = pageData();
let isSent = false;
let isChanged = false;

function noteChange() {
  isChanged = true;
  preview.show();
}

function mostOptions() {
  return Number(maxOptions[String(new FormData(form).get("kind"))]);
}

showOwnZone(form, texts);
if (list) new OptionList(list, mostOptions, texts, noteChange);
if (slots) new SlotList(slots, texts, noteChange);
takePictures(form, texts, noteChange);
preview.show();
if (pageData().live) {
  const socket = new LiveSocket();
  showTeam(socket, pageData().live, texts);
  socket.start();
}

form.addEventListener("input", noteChange);
form.addEventListener("change", ({ target }) => {
  const { name, value } = /** @type {HTMLInputElement} */ (target);
  // Questions come one after another, and so do the votes for them.
  if (name === "kind" && value === "questions") /** @type {HTMLInputElement} */ (form.elements.namedItem("allow_change")).checked = true;
});
form.addEventListener("submit", (event) => {
  // A second click would create a second poll.
  if (isSent) event.preventDefault();
  isSent = true;
  event.submitter?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  isSent = false;
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
});
addEventListener("beforeunload", (event) => {
  if (isChanged && !isSent) event.preventDefault();
});
// The share options link to the field of allowed sites.
if (location.hash === "#embed") /** @type {HTMLDetailsElement} */ (document.getElementById("embed")).open = true;
