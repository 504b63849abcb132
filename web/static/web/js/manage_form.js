/* Writing a poll: options that move, a preview beside them, times in one's own zone. */

import { OptionList } from "./manage/option_list.js";
import { Preview } from "./manage/preview.js";
import { showOwnZone } from "./manage/zone.js";
import { pageData } from "./page.js";

const texts = pageData("page-texts");
const form = /** @type {HTMLFormElement} */ (document.getElementById("poll-form"));
const preview = new Preview(form, texts);
const list = document.getElementById("options");
let isSent = false;
let isChanged = false;

function noteChange() {
  isChanged = true;
  showKind();
  preview.show();
}

/** How many may be chosen is only asked where several may. */
function showKind() {
  const most = document.getElementById("most");
  const kind = new FormData(form).get("kind");
  if (most) most.hidden = kind !== "multiple";
}

showOwnZone(form, texts);
if (list) new OptionList(list, pageData().maxOptions, texts, noteChange);
showKind();
preview.show();

form.addEventListener("input", noteChange);
form.addEventListener("submit", (event) => {
  // A second click while the first is under way would make a second poll.
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
// From a share sheet to the sites that may show the poll.
if (location.hash === "#embed") /** @type {HTMLDetailsElement} */ (document.getElementById("embed")).open = true;
