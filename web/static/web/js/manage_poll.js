/* /manage/<id>: the live results of a poll, and its actions. */

import { Clock } from "./clock.js";
import { keepPanel } from "./hosting/panel.js";
import { ChoiceResult } from "./kinds/choice_result.js";
import { loadResult } from "./kinds/results.js";
import { LiveSocket } from "./live_socket.js";
import { keepCopying } from "./manage/copying.js";
import { Development } from "./manage/development.js";
import { keepDialogs, keepMenus } from "./manage/dialogs.js";
import { showTeam } from "./manage/here.js";
import { keepMoments } from "./manage/moments.js";
import { ResultsView } from "./manage/results_view.js";
import { pageData } from "./page.js";
import { PollStore } from "./poll_store.js";

const page = pageData();
const texts = pageData("page-texts");
const clock = new Clock(page.now);
const socket = new LiveSocket();
const store = new PollStore(socket, page);
const Result = (await loadResult(page.head.kind)) ?? ChoiceResult;
const resultPlace = document.getElementById("kind-result") ?? document.querySelector(".manage-results .bars");
const result = new Result(/** @type {HTMLElement} */ (resultPlace), texts, "manage");
const view = new ResultsView(store, clock, texts, result);
const development = new Development(page, texts);

keepMoments(clock, texts);
keepCopying(texts);
keepDialogs();
keepMenus();
keepPanel(socket, texts.hosting);

store.subscribe((changes) => {
  view.show(changes);
  if (changes.has("results")) development.readSoon();
});
socket.on("state", (state) => view.showConnection(state));
socket.on("signed-out", () => location.reload());
view.showAll();
development.show();
store.start();
const presence = showTeam(socket, page.live, texts);
if (presence) presence.onRole = () => location.reload();
socket.start();
