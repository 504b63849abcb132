/* The list of messages: draws them at most once per frame, keeps the place that is read, and asks
   for older messages at its top. */

import { setText } from "../page.js";
import { MessageView } from "./message_view.js";
import { part } from "./part.js";

/** @typedef {import("./room_store.js").RoomStore} RoomStore
 *  @typedef {import("./room_store.js").Pending} Pending
 *  @typedef {import("./texts.js").Texts} Texts
 *  @typedef {{viewer: () => import("./message_view.js").Viewer, cards: import("./cards.js").Cards,
 *    outbox: import("./outbox.js").Outbox, loadOlder: () => Promise<void>, onLook: () => void}} Parts
 *    `onLook` is called when what is seen may have changed */

// So close to its end, the list stays there when messages arrive.
const END_PX = 60;

export class MessageList {
  /**
   * @param {HTMLElement} root the discussion
   * @param {RoomStore} store
   * @param {Texts} texts
   * @param {Parts} parts
   */
  constructor(root, store, texts, parts) {
    this._store = store;
    this._texts = texts;
    this._parts = parts;
    this._scroller = part(root, ".discussion-log");
    this._list = part(root, ".messages");
    this._pendingList = part(root, ".messages-pending");
    this._older = /** @type {HTMLButtonElement} */ (part(root, ".discussion-older"));
    this._empty = part(root, ".discussion-empty");
    this._jump = part(root, ".discussion-jump");
    /** @type {Map<string, MessageView>} */
    this._views = new Map();
    this._isDue = false;
    this._isLoading = false;
    this._drawnPending = "[]";
    this._oldestSeq = store.oldestSeq;
    this.isAtEnd = true;
    this._watcher = new IntersectionObserver((entries) => entries.some((each) => each.isIntersecting) && this._loadOlder(), {
      root: this._scroller,
    });
  }

  start() {
    this._scroller.addEventListener("scroll", () => this._scrolled(), { passive: true });
    this._older.addEventListener("click", () => this._loadOlder());
    this._jump.addEventListener("click", () => {
      this.goToEnd();
      this._scroller.focus();
    });
    this._resizing = new ResizeObserver(() => this.isAtEnd && this.goToEnd());
    this._resizing.observe(this._scroller);
    this._resizing.observe(this._list);
    this.draw();
    this._watcher.observe(this._older);
  }

  end() {
    this._watcher.disconnect();
    this._resizing?.disconnect();
  }

  /** Draws the list in the next frame. */
  request() {
    if (this._isDue) return;
    this._isDue = true;
    requestAnimationFrame(() => {
      this._isDue = false;
      this.draw();
    });
  }

  draw() {
    const fromEnd = this._scroller.scrollHeight - this._scroller.scrollTop;
    const isExtended = this._store.oldestSeq < this._oldestSeq;
    this._oldestSeq = this._store.oldestSeq;
    this._drawMessages();
    this._drawPending();
    this._older.hidden = !this._store.hasOlder;
    this._empty.hidden = this._store.messages.length + this._store.pending.length > 0;
    if (this.isAtEnd) this.goToEnd();
    // What is read stays in its place when older messages appear above it.
    else if (isExtended) this._scroller.scrollTop = this._scroller.scrollHeight - fromEnd;
    this._parts.onLook();
  }

  goToEnd() {
    this.isAtEnd = true;
    this._scroller.scrollTop = this._scroller.scrollHeight;
  }

  /**
   * Scrolls to an element that has become larger: to its start if it is higher than the list.
   * @param {HTMLElement} element
   */
  keepInView(element) {
    this.isAtEnd = false;
    const list = this._scroller.getBoundingClientRect();
    const { top, bottom } = element.getBoundingClientRect();
    this._scroller.scrollTop += Math.min(Math.max(bottom - list.bottom, 0), top - list.top);
  }

  /** @param {number} count of messages below what is seen */
  showUnread(count) {
    this._jump.hidden = this.isAtEnd || count === 0;
    setText(this._jump, this._texts.count("newMessages", count));
  }

  _drawMessages() {
    const { messages } = this._store;
    const ids = new Set(messages.map(({ id }) => id));
    for (const [id, { element }] of this._views) {
      if (ids.has(id)) continue;
      this._parts.cards.forget(element);
      element.remove();
      this._views.delete(id);
    }
    const viewer = this._parts.viewer();
    messages.forEach((message, index) => {
      const view = this._views.get(message.id) ?? this._add(message.id);
      const { element } = view;
      if (this._list.children[index] !== element) this._list.insertBefore(element, this._list.children[index]);
      const parent = message.parentId ? this._store.get(message.parentId) : undefined;
      view.draw(message, { previous: messages[index - 1], parent, viewer });
    });
  }

  /** @param {string} id */
  _add(id) {
    const view = new MessageView(this._texts, (pollId) => this._parts.cards.make(pollId));
    this._views.set(id, view);
    return view;
  }

  _drawPending() {
    const { pending } = this._store;
    const drawn = JSON.stringify(pending);
    if (drawn === this._drawnPending) return;
    this._drawnPending = drawn;
    this._pendingList.hidden = pending.length === 0;
    this._pendingList.replaceChildren(...pending.map((each) => this._pendingItem(each)));
  }

  /** @param {Pending} pending */
  _pendingItem(pending) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("pending-template"));
    const element = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    part(element, ".message-body").textContent = pending.body;
    const isFailed = pending.state === "failed";
    part(element, ".message-state").textContent = isFailed ? pending.error : this._texts.say("sending");
    element.classList.toggle("message-failed", isFailed);
    const choices = part(element, ".message-choices");
    choices.hidden = !isFailed;
    const { outbox } = this._parts;
    part(choices, "[data-do=retry]").addEventListener("click", () => outbox.retry(pending));
    part(choices, "[data-do=discard]").addEventListener("click", () => outbox.discard(pending));
    return element;
  }

  _scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this._scroller;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < END_PX;
    this._parts.onLook();
  }

  async _loadOlder() {
    if (this._isLoading || !this._store.hasOlder) return;
    this._isLoading = true;
    this._older.setAttribute("aria-busy", "true");
    // Otherwise the list would stay at its end, and not show them.
    if (this._scroller.scrollHeight > this._scroller.clientHeight) this.isAtEnd = false;
    try {
      await this._parts.loadOlder();
    } finally {
      this._isLoading = false;
      this._older.removeAttribute("aria-busy");
    }
  }
}
