/* /manage/projects and /manage/workspaces: menus, times, who is here, and what happens. */

import { Clock } from "./clock.js";
import { LiveSocket } from "./live_socket.js";
import { ActivityFeed } from "./manage/activity_feed.js";
import { keepMenus } from "./manage/dialogs.js";
import { showTeam } from "./manage/here.js";
import { keepMoments } from "./manage/moments.js";
import { pageData } from "./page.js";

const page = pageData() || {};
const texts = pageData("page-texts") || {};

keepMenus();
if (page.now) keepMoments(new Clock(page.now), texts);
if (page.projectId) showLive();

function showLive() {
  const socket = new LiveSocket();
  const presence = showTeam(socket, page, texts);
  if (presence && page.activities) {
    const feed = new ActivityFeed(page.activities.longest ?? undefined);
    presence.onActivity = () => feed.readSoon();
  }
  // What the page offers depends on the role.
  if (presence) presence.onRole = () => location.reload();
  socket.on("signed-out", () => location.reload());
  socket.start();
}
