/* /manage/<id>, where the results are hidden: the share dialog, and who is here. */

import { LiveSocket } from "./live_socket.js";
import { keepCopying } from "./manage/copying.js";
import { keepDialogs } from "./manage/dialogs.js";
import { showTeam } from "./manage/here.js";
import { pageData } from "./page.js";

const texts = pageData("page-texts");
const socket = new LiveSocket();
const presence = showTeam(socket, pageData().live, texts);

keepCopying(texts);
keepDialogs();
if (presence) presence.onRole = () => location.reload();
socket.start();
