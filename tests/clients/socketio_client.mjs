// One client of npm's socket.io-client, driven by JSON lines: node socketio_client.mjs URL OPTIONS

import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [url, options] = process.argv.slice(2);
const print = (what) => console.log(JSON.stringify(what));

const socket = io(url, { forceNew: true, ...JSON.parse(options) });
socket.io.on("open", () => {
  const engine = socket.io.engine;
  engine.on("upgrade", (transport) => print({ on: "upgrade", transport: transport.name }));
});
socket.on("connect", () => {
  const { id, transport } = socket.io.engine;
  print({ on: "connect", sid: id, transport: transport.name });
});
socket.on("connect_error", ({ message, data, context }) =>
  print({ on: "connect_error", message, data, status: context?.status, active: socket.active }),
);
socket.on("disconnect", (reason) => print({ on: "disconnect", reason, active: socket.active }));
socket.onAny((name, ...args) => print({ on: "event", name, args }));

createInterface({ input: process.stdin }).on("line", (line) => {
  const { call, args, ref } = JSON.parse(line);
  if (call === "emit") socket.emit(...args);
  else if (call === "ask") socket.emit(...args, (answer) => print({ on: "ack", ref, answer }));
  else if (call === "emit-bytes") socket.emit(args[0], Buffer.from([1, 2, 3]));
  else if (call === "set-token") socket.auth = { token: args[0] };
  else if (call === "connect") socket.connect();
  else if (call === "disconnect") socket.disconnect();
}).on("close", () => process.exit());
