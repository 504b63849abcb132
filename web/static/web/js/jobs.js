/* /manage/jobs, a project's jobs, and the page of a job: shows progress as it happens. */

import { Announcer } from "./announcer.js";
import { Clock } from "./clock.js";
import { JobsView } from "./jobs/view.js";
import { LiveSocket } from "./live_socket.js";
import { keepMenus } from "./manage/dialogs.js";
import { keepMoments } from "./manage/moments.js";
import { byId, pageData } from "./page.js";
import { TeamPresence } from "./team_presence.js";

const page = pageData();
const texts = pageData("page-texts");
const socket = new LiveSocket();
const view = new JobsView(page, texts, new Announcer(byId("announcer")));

keepMoments(new Clock(page.now), texts);
keepMenus();

socket.on("job-update", ({ job }) => view.show(job));
// What happened before, or while there was no connection, is on the page as it is now.
socket.on("state", (state) => state === "live" && view.readSoon());
socket.on("signed-out", () => location.reload());
if (page.projectId) {
  const presence = new TeamPresence(socket, { ...page, location: {} });
  // What the page offers depends on the role.
  presence.onRole = () => location.reload();
  presence.start();
}
socket.start();
