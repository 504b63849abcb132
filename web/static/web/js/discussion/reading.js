/* How far a person has read: what is unread, what the server knows of it, and what screen readers
   are told. */

import { Announcer } from "../announcer.js";
import { countUnread, isFromOthers } from "./room_store.js";

/** @typedef {import("./room_store.js").Message} Message
 *  @typedef {import("./room_store.js").RoomStore} RoomStore
 *  @typedef {{ownId: () => string | undefined, isAtEnd: () => boolean,
 *    mark: (seq: number) => Promise<unknown> | null, onUnread: (count: number) => void}} Parts
 *    `mark` returns null while that is impossible; `onUnread` gets what is unread in the list */

const ANNOUNCE_EVERY_MS = 5_000;
const ANNOUNCED_MESSAGES = 3;
const MARK_AFTER_MS = 800;

export class Reading {
  /**
   * @param {RoomStore} store
   * @param {import("./texts.js").Texts} texts
   * @param {HTMLElement} place where screen readers are told
   * @param {number | null} lastReadSeq as the server knows it
   * @param {Parts} parts
   */
  constructor(store, texts, place, lastReadSeq, parts) {
    this._store = store;
    this._texts = texts;
    this._parts = parts;
    this._announcer = new Announcer(place, ANNOUNCE_EVERY_MS);
    this._readSeq = lastReadSeq ?? store.newestSeq;
    this._markedSeq = lastReadSeq ?? 0;
    this._announcedSeq = store.newestSeq;
    this._timer = 0;
    this.isShown = false;
  }

  end() {
    clearTimeout(this._timer);
  }

  /** Follows what is seen; to be called when that may have changed. */
  look() {
    const { messages, newestSeq } = this._store;
    const isSeen = this.isShown && document.visibilityState === "visible" && this._parts.isAtEnd();
    if (isSeen) this._readSeq = Math.max(this._readSeq, newestSeq);
    this._parts.onUnread(countUnread(messages, this._readSeq, this._parts.ownId()));
    if (isSeen) this._store.trim();
    if (this._readSeq > this._markedSeq && this._parts.ownId()) this._markSoon();
  }

  /**
   * Tells screen readers something at once: the response to an action.
   * @param {string} text
   */
  announce(text) {
    this._announcer.announce(text);
  }

  /** Tells screen readers of new messages, a few at a time. */
  announceNew() {
    const ownId = this._parts.ownId();
    const isNew = (/** @type {Message} */ each) => each.seq > this._announcedSeq && isFromOthers(each, ownId);
    if (!this.isShown || !this._store.messages.some(isNew)) return;
    this._announcer.summarize(() => {
      const messages = this._store.messages.filter(isNew);
      this._announcedSeq = this._store.newestSeq;
      const latest = messages.slice(-ANNOUNCED_MESSAGES);
      const sentences = latest.map(({ author, body }) => `${author?.name ?? ""}: ${body}`);
      const isMore = messages.length > latest.length;
      return [...(isMore ? [this._texts.count("newMessages", messages.length)] : []), ...sentences].join(". ");
    });
  }

  _markSoon() {
    this._timer ||= setTimeout(() => {
      this._timer = 0;
      const seq = this._readSeq;
      const answer = this._parts.mark(seq);
      if (answer === null) return;
      this._markedSeq = seq;
      // Sent again with the next message.
      answer.catch(() => {});
    }, MARK_AFTER_MS);
  }
}
