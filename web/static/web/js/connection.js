/* The page's source of updates: the socket, or polling over HTTP where WebSockets are blocked.
   `state` is which of them works. */

import { UnreachableError } from "./voter.js";

/** @typedef {"connecting" | "live" | "polling" | "offline" | "ended"} ConnectionState */

const FIRST_MS = 1_500;
const EVERY_MS = 5_000;

export class Connection {
  /**
   * @param {import("./live_socket.js").LiveSocket} socket
   * @param {() => Promise<void>} read reads how things stand, without the socket
   * @param {() => void} onChange called when `state` has changed
   */
  constructor(socket, read, onChange) {
    /** @type {ConnectionState} */
    this.state = "connecting";
    this._socket = socket;
    this._read = read;
    this._onChange = onChange;
    this._timer = 0;
    socket.on("state", () => this._follow());
    addEventListener("online", () => this._hurry());
    document.addEventListener("visibilitychange", () => this._hurry());
  }

  /** Stops for good. */
  end() {
    this._stop();
    this._socket.stop();
    this._enter("ended");
  }

  _follow() {
    const { state } = this._socket;
    if (this.state === "ended") return;
    if (state === "live") {
      this._stop();
      this._enter("live");
    } else if (state === "connecting") {
      // Polling goes on while the socket reconnects.
      if (this.state === "live") this._enter("connecting");
    } else {
      if (this.state !== "polling") this._enter("offline");
      this._schedule(FIRST_MS);
    }
  }

  /** @param {number} waitMs */
  _schedule(waitMs) {
    this._timer ||= setTimeout(() => this._ask(), waitMs * (0.75 + Math.random() / 2));
  }

  _hurry() {
    if (!this._timer || document.visibilityState === "hidden") return;
    clearTimeout(this._timer);
    this._ask();
  }

  async _ask() {
    this._timer = 0;
    let isReached = false;
    if (document.visibilityState === "visible") {
      try {
        await this._read();
        isReached = true;
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
      }
    }
    if (this._socket.state === "live" || this.state === "ended") return;
    if (document.visibilityState === "visible") this._enter(isReached ? "polling" : "offline");
    this._schedule(EVERY_MS);
  }

  _stop() {
    clearTimeout(this._timer);
    this._timer = 0;
  }

  /** @param {ConnectionState} state */
  _enter(state) {
    if (state === this.state) return;
    this.state = state;
    this._onChange();
  }
}
