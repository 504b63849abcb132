/* The messages of a room, as far as this page has them: each once, in order, in its newest form.
   It shows nothing, and sends nothing. */

/** @typedef {{id: string, name: string, isGuest: boolean}} Person
 *  @typedef {{text: string, numbers: Record<string, number>,
 *    slot: import("../kinds/date_words.js").Slot | null}} NoticeLine
 *  @typedef {{kind: "poll.opened" | "poll.closed" | "tally.final", pollKind: string | null, voters: number | null,
 *    lines: NoticeLine[] | null, isShortened: boolean | null}} Notice what the system says
 *  @typedef {{emoji: string, count: number, userIds: string[]}} Reaction
 *  @typedef {{id: string, roomId: string, seq: number, revision: number, kind: "text" | "system", notice: Notice | null,
 *    author: Person | null, body: string, parentId: string | null, replyCount: number,
 *    lastReplyAt: string | null, pollId: string | null, mentions: string[], reactions: Reaction[],
 *    createdAt: string, editedAt: string | null, deletedAt: string | null}} Message
 *  @typedef {{messageId: string, replyCount: number, lastReplyAt: string | null}} ThreadState
 *  @typedef {{message: Message, revision: number, thread?: ThreadState | null}} MessageEvent
 *  @typedef {{messages: Message[], revision: number}} Page of a room's messages, in order
 *  @typedef {{key: string, body: string, parentId: string | null, pollId: string | null,
 *    state: "sending" | "failed", error: string}} Pending a message that is not stored yet
 *  @typedef {{kind: "messages" | "pending" | "reset"}} Change */

// More are forgotten from the start; they can be loaded again.
export const MAX_KEPT = 400;

export class RoomStore {
  /** @param {Page} page the newest messages */
  constructor(page) {
    /** @type {Message[]} by `seq`, without gaps */
    this.messages = [];
    /** @type {Map<string, Message>} */
    this._byId = new Map();
    /** @type {Pending[]} */
    this.pending = [];
    /** The last revision of the room of which this store has everything. */
    this.revision = 0;
    /** @type {Set<(change: Change) => void>} */
    this._listeners = new Set();
    this.reset(page);
  }

  get oldestSeq() {
    return this.messages[0]?.seq ?? 0;
  }

  get newestSeq() {
    return this.messages.at(-1)?.seq ?? 0;
  }

  /** Whether there are older messages to load. */
  get hasOlder() {
    return this.oldestSeq > 1;
  }

  /**
   * @param {string} id
   * @returns {Message | undefined}
   */
  get(id) {
    return this._byId.get(id);
  }

  /**
   * @param {(change: Change) => void} listener
   * @returns {() => void} stops it
   */
  subscribe(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /**
   * Replaces everything but what is newer than the page: too much was missed.
   * @param {Page} page
   */
  reset({ messages, revision }) {
    const newer = this.messages.filter((message) => message.revision > revision);
    this.messages = [];
    this._byId.clear();
    this.revision = Math.max(this.revision, revision);
    for (const message of messages) this._put(message);
    for (const message of newer) if (message.seq >= this.oldestSeq) this._put(message);
    this._change("reset");
  }

  /**
   * Takes over an event of the room's log.
   * @param {MessageEvent} event
   */
  follow({ message, revision, thread }) {
    this.revision = Math.max(this.revision, revision);
    if (message.seq >= this.oldestSeq) this._put(message);
    if (thread) this._followThread(thread);
    this._change("messages");
  }

  /**
   * Takes over all messages that were posted or changed after `revision`.
   * @param {Page} page
   */
  resume({ messages, revision }) {
    this.revision = Math.max(this.revision, revision);
    const changed = new Set(messages.map(({ id }) => id));
    for (const message of messages) {
      const isNew = !this._byId.has(message.id) && message.seq > this.newestSeq;
      if (message.seq >= this.oldestSeq) this._put(message);
      // Replies do not change the message itself, so it is not among those that changed.
      const parent = isNew && message.parentId ? this._byId.get(message.parentId) : undefined;
      if (parent && !changed.has(parent.id)) {
        this._replace(parent, { ...parent, replyCount: parent.replyCount + 1, lastReplyAt: message.createdAt });
      }
    }
    this._change("messages");
  }

  /**
   * Takes over a message from a response. Those before it may still be on their way.
   * @param {Message} message
   */
  take(message) {
    if (message.seq >= this.oldestSeq && this._put(message)) this._change("messages");
  }

  /**
   * Takes over the messages before the oldest one.
   * @param {Message[]} messages
   */
  prepend(messages) {
    for (const message of messages) this._put(message);
    this._change("messages");
  }

  /** Forgets the oldest messages beyond `MAX_KEPT`. */
  trim() {
    const extra = this.messages.length - MAX_KEPT;
    if (extra <= 0) return;
    for (const { id } of this.messages.splice(0, extra)) this._byId.delete(id);
    this._change("messages");
  }

  // Messages that are not stored yet

  /** @param {Pending} pending */
  addPending(pending) {
    this.pending.push(pending);
    this._change("pending");
  }

  /**
   * @param {Pending} pending
   * @param {Partial<Pending>} change
   */
  changePending(pending, change) {
    Object.assign(pending, change);
    this._change("pending");
  }

  /** @param {Pending} pending */
  removePending(pending) {
    this.pending = this.pending.filter((each) => each !== pending);
    this._change("pending");
  }

  /**
   * Adds a message, or replaces an older form of it.
   * @param {Message} message
   * @returns {boolean} whether it is newer
   */
  _put(message) {
    const known = this._byId.get(message.id);
    if (known && known.revision >= message.revision) return false;
    if (known) {
      this._replace(known, message);
    } else {
      this._byId.set(message.id, message);
      const at = this.messages.findLastIndex(({ seq }) => seq < message.seq);
      this.messages.splice(at + 1, 0, message);
    }
    return true;
  }

  /**
   * @param {Message} known
   * @param {Message} message
   */
  _replace(known, message) {
    this._byId.set(message.id, message);
    this.messages[this.messages.indexOf(known)] = message;
  }

  /**
   * Takes over how many replies a message has, which is no change of the message itself.
   * @param {ThreadState} thread
   */
  _followThread({ messageId, replyCount, lastReplyAt }) {
    const known = this._byId.get(messageId);
    if (known && known.replyCount !== replyCount) this._replace(known, { ...known, replyCount, lastReplyAt });
  }

  /** @param {Change["kind"]} kind */
  _change(kind) {
    for (const listener of this._listeners) listener({ kind });
  }
}

/**
 * How many messages of others follow the one with this number.
 * @param {Message[]} messages
 * @param {number} seq
 * @param {string | undefined} ownId
 */
export function countUnread(messages, seq, ownId) {
  return messages.filter((each) => isFromOthers(each, ownId) && each.seq > seq).length;
}

/**
 * @param {Message} message
 * @param {string | undefined} ownId
 */
export function isFromOthers({ kind, author, deletedAt }, ownId) {
  return kind === "text" && deletedAt === null && (author === null || author.id !== ownId);
}
