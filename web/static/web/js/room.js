/* /manage/rooms/<id>: a room, with its discussion. */

import { Panel } from "./discussion/panel.js";
import { LiveSocket } from "./live_socket.js";
import { keepMenus } from "./manage/dialogs.js";
import { byId, pageData, setText } from "./page.js";

const texts = pageData("page-texts");
const socket = new LiveSocket();
const connection = byId("connection");

socket.on("state", (state) => {
  connection.dataset.state = state;
  setText(connection, texts[state]);
});
socket.on("signed-out", () => location.reload());
keepMenus();

const panel = new Panel(byId("discussion"), { socket });
panel.start();
panel.show(true, { isFocused: false });
socket.start();
