/* Sends messages, each with a key, so that it is stored once. While there is no connection they
   wait, and are sent in order when it is back. */

import { RefusedError } from "../live_socket.js";
import { newKey } from "../page.js";

/** @typedef {import("./room_store.js").Pending} Pending
 *  @typedef {{body: string, parentId: string | null, pollId: string | null}} Draft */

export class Outbox {
  /**
   * @param {string} roomId
   * @param {import("../live_socket.js").LiveSocket} socket
   * @param {import("./room_store.js").RoomStore} store
   * @param {{ensurePerson: () => Promise<unknown>, sentence: (code: string) => string,
   *   signal: AbortSignal}} parts
   */
  constructor(roomId, socket, store, { ensurePerson, sentence, signal }) {
    this._roomId = roomId;
    this._socket = socket;
    this._store = store;
    this._ensurePerson = ensurePerson;
    this._sentence = sentence;
    this._signal = signal;
    /** @type {Promise<unknown>} the answer to the message before */
    this._last = Promise.resolve();
  }

  /** @param {Draft} draft */
  send(draft) {
    /** @type {Pending} */
    const pending = { ...draft, key: newKey(), state: "sending", error: "" };
    this._store.addPending(pending);
    this._enqueue(pending);
  }

  /**
   * Sends a refused message again, with the same key.
   * @param {Pending} pending
   */
  retry(pending) {
    this._store.changePending(pending, { state: "sending", error: "" });
    this._enqueue(pending);
  }

  /** @param {Pending} pending */
  discard(pending) {
    this._store.removePending(pending);
  }

  /** @param {Pending} pending */
  _enqueue(pending) {
    this._last = this._last.then(() => this._send(pending));
  }

  /** @param {Pending} pending */
  async _send(pending) {
    const { key, body, parentId, pollId } = pending;
    const fields = { roomId: this._roomId, body, key, ...only({ parentId, pollId }) };
    try {
      await this._ensurePerson();
      const options = { isKept: true, signal: this._signal };
      const { message } = await this._socket.call("send-message", fields, options);
      this._store.removePending(pending);
      this._store.take(/** @type {any} */ (message));
    } catch (error) {
      if (this._signal.aborted) return;
      const code = error instanceof RefusedError ? error.code : "server.unavailable";
      this._store.changePending(pending, { state: "failed", error: this._sentence(code) });
    }
  }
}

/**
 * Leaves out what is null.
 * @param {Record<string, string | null>} fields
 */
function only(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
