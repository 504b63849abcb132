// One client of npm's ws, driven by JSON lines: node ws_client.mjs URL

import { createInterface } from "node:readline";
import WebSocket from "ws";

const print = (what) => console.log(JSON.stringify(what));

const socket = new WebSocket(process.argv[2]);
socket.on("open", () => print({ on: "open" }));
socket.on("message", (data) => print({ on: "message", frame: JSON.parse(data) }));
socket.on("close", (code) => print({ on: "close", code }));
socket.on("error", ({ message }) => print({ on: "error", message }));

createInterface({ input: process.stdin })
  .on("line", (line) => socket.send(line))
  .on("close", () => process.exit());
