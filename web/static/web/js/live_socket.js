/* A WebSocket that reconnects by itself and reports its state.

   The protocol is described in docs/sockets.md: a command carries a `ref`, which its reply or
   error repeats; events have none. After close codes from 4500 on, clients don't reconnect. */

import { isFinal, isSignedOut, retryDelay } from "./close_codes.js";

/** @typedef {"connecting" | "live" | "offline" | "ended"} ConnectionState
 *    connecting: not connected, or still reading what was missed;
 *    live: up to date; offline: failing, and retried by itself;
 *    ended: the server refuses to reconnect.
 *  @typedef {{type: string, ref?: number, code?: string, message?: string, [key: string]: any}} Frame
 *  @typedef {{ref: number, type: string, body: object, isKept: boolean,
 *    resolve: (frame: Frame) => void, reject: (error: Error) => void}} Call */

// A connection that lasted this long is retried at once when it breaks.
const STABLE_AFTER_MS = 5_000;
// After this many failures in a row, the state is offline.
const OFFLINE_AFTER_FAILURES = 2;
const CONNECT_PATIENCE_MS = 10_000;
// After this much silence the connection is tested; without an answer in time it is dead.
const QUIET_MS = 20_000;
const PING_PATIENCE_MS = 8_000;
// Shorter after the screen was unlocked or the network returned.
const WAKE_PATIENCE_MS = 3_000;
// Temporary refusals: the same command is sent again, with the same key.
const PASSING_CODES = new Set(
  ["rate_limited", "vote.busy", "vote.in_doubt", "message.busy", "message.in_doubt", "server.unavailable", "server.error"],
);
const PASSING_RETRY_MS = 1_000;

/** The server refused a command; `frame` is the error frame. */
export class RefusedError extends Error {
  /** @param {Frame} frame */
  constructor(frame) {
    super(frame.message);
    this.code = String(frame.code);
    this.frame = frame;
  }
}

/** There was no connection, or it was lost: the command may or may not have arrived. */
export class ConnectionLostError extends Error {}

export class LiveSocket {
  /**
   * @param {{address?: string, protocols?: () => string[]}} [options] `address` is by default the
   *   site's own; `protocols` is called for each connection, since it may contain a new token
   */
  constructor({ address = defaultAddress(), protocols = () => [] } = {}) {
    this.address = address;
    this._protocols = protocols;
    /** @type {ConnectionState} */
    this.state = "connecting";
    /** @type {WebSocket | null} */
    this._socket = null;
    /** @type {Map<string, Set<(frame: any) => void>>} */
    this._listeners = new Map();
    /** @type {Map<number, Call>} */
    this._calls = new Map();
    /** @type {Set<() => Promise<unknown>>} */
    this._joins = new Set();
    this._lastRef = 0;
    this._failures = 0;
    this._liveSince = 0;
    this._isStarted = false;
    this._timers = { retry: 0, quiet: 0, patience: 0 };
    this._wake = this._wake.bind(this);
    this._drop = () => this._lost(0);
  }

  /** Connects, and stays connected until `stop()`. */
  start() {
    if (this._isStarted) return;
    this._isStarted = true;
    addEventListener("online", this._wake);
    addEventListener("offline", this._drop);
    addEventListener("pageshow", this._wake);
    document.addEventListener("visibilitychange", this._wake);
    this._connect();
  }

  stop() {
    this._isStarted = false;
    removeEventListener("online", this._wake);
    removeEventListener("offline", this._drop);
    removeEventListener("pageshow", this._wake);
    document.removeEventListener("visibilitychange", this._wake);
    this._forgetSocket();
    this._breakCalls(() => true);
  }

  /** Reconnects after the session has changed. */
  reconnect() {
    if (!this._isStarted) return this.start();
    this._forgetSocket();
    this._breakCalls((call) => !call.isKept);
    this._connect();
  }

  /**
   * Calls `listener` with each event of this type. Besides the server's events there are `state`,
   * with the new state; `signed-out`, when the session has ended; and `ended`, with the close
   * code, when the server refuses to reconnect.
   * @param {string} type
   * @param {(event: any) => void} listener
   * @returns {() => void} stops it
   */
  on(type, listener) {
    const listeners = this._listeners.get(type) || new Set();
    this._listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /**
   * Sends a command; resolves with its reply.
   *
   * With `isKept` it waits for a connection, and is sent again if the connection is lost before
   * the reply, or the server was too busy: only for idempotent commands, such as a vote with a
   * key. `signal` cancels it.
   * @param {string} type
   * @param {object} [body]
   * @param {{isKept?: boolean, signal?: AbortSignal}} [options]
   * @returns {Promise<Frame>} rejects with RefusedError or ConnectionLostError
   */
  call(type, body = {}, { isKept = false, signal } = {}) {
    return new Promise((resolve, reject) => {
      const call = { ref: ++this._lastRef, type, body, isKept, resolve, reject };
      if (!this._isOpen() && !isKept) return reject(new ConnectionLostError(type));
      this._calls.set(call.ref, call);
      signal?.addEventListener("abort", () => this._breakCalls((each) => each === call));
      // Kept commands wait until what was missed has been read.
      if (this._isOpen() && (!isKept || this.state === "live")) this._send(call);
    });
  }

  /**
   * Runs `join` now if connected, and after each reconnect; the state is live once all joins are
   * done. `join` sends commands, and handles their errors.
   * @param {() => Promise<unknown>} join
   * @returns {() => void} stops it
   */
  watch(join) {
    this._joins.add(join);
    if (this._isOpen()) join().catch(ignoreLostConnection);
    return () => this._joins.delete(join);
  }

  // Connecting

  _connect() {
    clearTimeout(this._timers.retry);
    // Tried anyway: the server may run on this machine.
    if (!navigator.onLine) this._enter("offline");
    else if (this.state !== "offline") this._enter("connecting");
    const socket = new WebSocket(this.address, this._protocols());
    this._socket = socket;
    this._timers.patience = setTimeout(() => this._lost(0), CONNECT_PATIENCE_MS);
    const isCurrent = () => this._socket === socket;
    socket.onopen = () => isCurrent() && this._opened();
    socket.onmessage = (event) => isCurrent() && this._received(JSON.parse(event.data));
    socket.onclose = (event) => isCurrent() && this._lost(event.code);
  }

  async _opened() {
    const socket = this._socket;
    clearTimeout(this._timers.patience);
    this._enter("connecting");
    this._listenForQuiet();
    try {
      await Promise.all(Array.from(this._joins, (join) => join()));
    } catch (error) {
      ignoreLostConnection(error);
    }
    if (this._socket !== socket || !this._isOpen()) return;
    this._liveSince = Date.now();
    this._enter("live");
    for (const call of this._calls.values()) if (call.isKept) this._send(call);
  }

  /** @param {number} code the server's close code, or 0 where the line is dead or was dropped */
  _lost(code) {
    const wasStable = this.state === "live" && Date.now() - this._liveSince > STABLE_AFTER_MS;
    this._forgetSocket();
    this._breakCalls((call) => !call.isKept);
    if (isFinal(code)) return this._end(code);
    if (isSignedOut(code)) this._emit("signed-out", { code });
    this._failures = wasStable ? 0 : this._failures + 1;
    const isOffline = !navigator.onLine || this._failures >= OFFLINE_AFTER_FAILURES;
    this._enter(isOffline ? "offline" : "connecting");
    this._timers.retry = setTimeout(() => this._connect(), retryDelay(this._failures, code));
  }

  /** @param {number} code */
  _end(code) {
    this.stop();
    this._enter("ended");
    this._emit("ended", { code });
  }

  /** The network is back, or the page is visible again. */
  _wake() {
    if (document.visibilityState === "hidden") return;
    if (this._isOpen()) return this._ping(WAKE_PATIENCE_MS);
    if (this._socket?.readyState === WebSocket.CONNECTING) return;
    this._failures = 0;
    this._connect();
  }

  _forgetSocket() {
    for (const timer of Object.values(this._timers)) clearTimeout(timer);
    const socket = this._socket;
    this._socket = null;
    // On a dead connection closing takes a minute; don't wait for it.
    socket?.close();
  }

  _isOpen() {
    return this._socket?.readyState === WebSocket.OPEN;
  }

  // Detecting a dead connection

  _listenForQuiet() {
    clearTimeout(this._timers.patience);
    clearTimeout(this._timers.quiet);
    this._timers.quiet = setTimeout(() => this._ping(PING_PATIENCE_MS), QUIET_MS);
  }

  /** @param {number} patienceMs */
  _ping(patienceMs) {
    this._socket?.send('{"type":"ping"}');
    clearTimeout(this._timers.patience);
    this._timers.patience = setTimeout(() => this._lost(0), patienceMs);
  }

  // Frames

  /** @param {Call} call */
  _send({ ref, type, body }) {
    this._socket?.send(JSON.stringify({ ...body, type, ref }));
  }

  /** @param {Frame} frame */
  _received(frame) {
    this._listenForQuiet();
    const call = this._calls.get(frame.ref ?? 0);
    if (call) this._settle(call, frame);
    else if (frame.type !== "reply" && frame.type !== "error") this._emit(frame.type, frame);
  }

  /**
   * @param {Call} call
   * @param {Frame} frame
   */
  _settle(call, frame) {
    if (frame.type === "error" && call.isKept && PASSING_CODES.has(String(frame.code))) {
      setTimeout(() => this._sendAgain(call), PASSING_RETRY_MS * (1 + Math.random()));
      return;
    }
    this._calls.delete(call.ref);
    if (frame.type === "reply") call.resolve(frame);
    else call.reject(new RefusedError(frame));
  }

  /** @param {Call} call */
  _sendAgain(call) {
    if (this.state === "live" && this._calls.has(call.ref)) this._send(call);
  }

  /** @param {(call: Call) => boolean} isBroken */
  _breakCalls(isBroken) {
    for (const call of [...this._calls.values()].filter(isBroken)) {
      this._calls.delete(call.ref);
      call.reject(new ConnectionLostError(call.type));
    }
  }

  /** @param {ConnectionState} state */
  _enter(state) {
    if (state === this.state) return;
    this.state = state;
    this._emit("state", state);
  }

  /**
   * @param {string} type
   * @param {any} event
   */
  _emit(type, event) {
    for (const listener of this._listeners.get(type) || []) listener(event);
  }
}

/** @param {unknown} error */
function ignoreLostConnection(error) {
  // Joined again after the reconnect.
  if (!(error instanceof ConnectionLostError)) throw error;
}

function defaultAddress() {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
}
