/* The discussion of a room: connects the messages, what the person does, and the socket. */

import { RefusedError } from "../live_socket.js";
import { pageData } from "../page.js";
import { Cards } from "./cards.js";
import { Composer } from "./composer.js";
import { MessageActions } from "./message_actions.js";
import { MessageList } from "./message_list.js";
import { Outbox } from "./outbox.js";
import { part } from "./part.js";
import { People } from "./people.js";
import { Reading } from "./reading.js";
import { Requests } from "./requests.js";
import { RoomStore } from "./room_store.js";
import { Texts } from "./texts.js";

/** @typedef {import("./room_store.js").Message} Message
 *  @typedef {import("./room_store.js").MessageEvent} MessageEvent
 *  @typedef {import("./room_store.js").Person} Person
 *  @typedef {{socket: import("../live_socket.js").LiveSocket, person?: () => Person | null,
 *    ensurePerson?: () => Promise<unknown>, close?: () => void,
 *    onUnread?: (count: number) => void}} Surroundings
 *    without `person`, it is the one that the server rendered the discussion for; `onUnread` gets
 *    what is unread while the discussion is closed */

// The server ignores it if it comes more often.
const TYPING_EVERY_MS = 3_500;

export class Panel {
  /**
   * @param {HTMLElement} root
   * @param {Surroundings} surroundings
   */
  constructor(root, surroundings) {
    const data = pageData("discussion-data");
    this._root = root;
    this._surroundings = surroundings;
    this._socket = surroundings.socket;
    this._room = data.room;
    this._person = () => surroundings.person?.() ?? data.person;
    this._ensurePerson = surroundings.ensurePerson ?? (async () => data.person);
    this._texts = new Texts(pageData("discussion-texts"));
    this._requests = new Requests(data.urls);
    this._store = new RoomStore(data.page);
    this._ending = new AbortController();
    this._outbox = this._makeOutbox();
    this._cards = this._makeCards();
    this._list = this._makeList();
    this._composer = data.mayWrite ? this._makeComposer() : null;
    this._actions = this._makeActions();
    this._people = new People(root, this._texts, () => this._person()?.id);
    this._reading = this._makeReading();
    this._error = part(root, ".discussion-error");
    this._typedAt = -Infinity;
  }

  start() {
    const stops = [
      this._on("message", (event) => this._followMessage(event)),
      this._on("message-edited", (event) => this._follow(event)),
      this._on("message-deleted", (event) => this._follow(event)),
      this._on("typing", (event) => this._people.startTyping(event.user)),
      this._on("presence-state", (event) => this._people.take(event)),
      this._on("presence-diff", (event) => this._people.follow(event)),
      this._on("room-left", () => this._showLeft()),
      this._socket.on("state", () => this._drawConnection()),
      this._store.subscribe(() => this._list.request()),
      this._socket.watch(() => this._join()),
    ];
    const { signal } = this._ending;
    signal.addEventListener("abort", () => stops.forEach((stop) => stop()));
    document.addEventListener("visibilitychange", () => this._reading.look(), { signal });
    this._root.querySelector(".discussion-close")?.addEventListener("click", () => this._surroundings.close?.());
    part(this._root, ".discussion-panel").addEventListener("keydown", (event) => this._pressed(event));
    this._list.start();
    this._composer?.start();
    this._actions.start();
    this._people.start();
    this._drawConnection();
  }

  end() {
    if (this._ending.signal.aborted) return;
    this._ending.abort();
    this._reading.end();
    this._list.end();
    this._cards.end();
    this._socket.call("leave-room", { roomId: this._room.id }).catch(() => {});
  }

  /**
   * @param {boolean} isShown
   * @param {{isFocused?: boolean}} [options]
   */
  show(isShown, { isFocused = true } = {}) {
    this._reading.isShown = isShown;
    if (isShown) this._list.goToEnd();
    if (isShown && isFocused) {
      if (this._composer) this._composer.focus();
      else part(this._root, ".discussion-log").focus({ preventScroll: true });
      part(this._root, ".discussion-panel").scrollIntoView({ block: "nearest" });
    }
    this._reading.look();
  }

  // Events

  /**
   * @param {string} type
   * @param {(event: any) => void} listener
   */
  _on(type, listener) {
    return this._socket.on(type, (event) => event.roomId === this._room.id && listener(event));
  }

  /** Subscribes, and takes over what was missed. */
  async _join() {
    try {
      const reply = /** @type {any} */ (await this._call("join-room", { revision: this._store.revision }));
      if (reply.reset) this._store.reset(reply);
      else this._store.resume(reply);
      this._reading.announceNew();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this._showError(error.code);
    }
  }

  /** @param {MessageEvent} event */
  _followMessage(event) {
    if (event.message.author) this._people.stopTyping(event.message.author.id);
    this._follow(event);
    this._reading.announceNew();
  }

  /** @param {MessageEvent} event */
  _follow(event) {
    this._store.follow(event);
    if (event.message.deletedAt) this._composer?.forget(event.message);
  }

  _drawConnection() {
    const place = part(this._root, ".discussion-connection");
    const { state } = this._socket;
    place.hidden = state !== "offline" && state !== "ended";
    place.textContent = place.hidden ? "" : this._texts.say(state);
    if (state === "live") this._reading.look();
  }

  // Parts

  _viewer() {
    return { ownId: this._person()?.id, isOwner: this._room.isModerator };
  }

  _makeOutbox() {
    return new Outbox(this._room.id, this._socket, this._store, {
      ensurePerson: this._ensurePerson,
      sentence: (code) => this._texts.refusal(code),
      signal: this._ending.signal,
    });
  }

  _makeCards() {
    return new Cards({
      socket: this._socket,
      read: (pollId) => this._requests.readPoll(pollId),
      texts: this._texts,
      person: this._person,
      ensurePerson: this._ensurePerson,
      ownPollId: this._room.pollId,
      keepInView: (element) => this._list.keepInView(element),
    });
  }

  _makeList() {
    return new MessageList(this._root, this._store, this._texts, {
      viewer: () => this._viewer(),
      cards: this._cards,
      outbox: this._outbox,
      loadOlder: () => this._loadOlder(),
      onLook: () => this._reading.look(),
    });
  }

  _makeReading() {
    const place = part(this._root, ".discussion-announcer");
    return new Reading(this._store, this._texts, place, this._room.lastReadSeq, {
      ownId: () => this._person()?.id,
      isAtEnd: () => this._list.isAtEnd,
      mark: (seq) => (this._socket.state === "live" ? this._call("mark-read", { seq }) : null),
      onUnread: (count) => {
        this._list.showUnread(count);
        this._surroundings.onUnread?.(this._reading.isShown ? 0 : count);
      },
    });
  }

  _makeComposer() {
    return new Composer(this._root, this._texts, {
      send: (draft) => {
        this._list.goToEnd();
        this._outbox.send(draft);
      },
      edit: (message, body) => this._act(message, "edit", { body }),
      typing: () => this._sayTyping(),
      lastOwn: () => this._lastOwn(),
    });
  }

  _makeActions() {
    const parts = { get: (/** @type {string} */ id) => this._store.get(id), viewer: () => this._viewer() };
    return new MessageActions(this._root, parts, {
      act: (message, action, fields) => this._act(message, action, fields),
      reply: (message) => this._composer?.reply(message),
      edit: (message) => this._composer?.edit(message),
      moderate: (message, action) => this._moderate(message, action),
    });
  }

  // Actions

  /**
   * Sends a command about the room.
   * @param {string} command
   * @param {object} [fields]
   */
  _call(command, fields = {}) {
    return this._socket.call(command, { roomId: this._room.id, ...fields });
  }

  async _loadOlder() {
    await this._try(async () => this._store.prepend((await this._requests.read(this._store.oldestSeq)).messages));
  }

  /**
   * @param {Message} message
   * @param {string} action
   * @param {Record<string, string>} [fields]
   */
  _act(message, action, fields) {
    // The change itself arrives as an event.
    return this._try(() => this._requests.act(message.id, action, fields));
  }

  /**
   * @param {Message} message
   * @param {"mute" | "remove"} action
   */
  async _moderate({ author }, action) {
    if (!author) return;
    const isDone = await this._try(() => this._requests.moderate(author.id, action));
    const sentence = { mute: "muted", remove: "removed" }[action];
    if (isDone) this._reading.announce(this._texts.say(sentence, { name: author.name }));
  }

  _sayTyping() {
    const now = performance.now();
    if (this._socket.state !== "live" || !this._person() || now - this._typedAt < TYPING_EVERY_MS) return;
    this._typedAt = now;
    this._call("typing").catch(() => {});
  }

  _lastOwn() {
    const ownId = this._person()?.id;
    return this._store.messages.findLast(({ author, deletedAt }) => author?.id === ownId && deletedAt === null);
  }

  /**
   * Runs a request, and shows its error.
   * @param {() => Promise<unknown>} request
   */
  async _try(request) {
    try {
      await request();
      this._error.hidden = true;
      return true;
    } catch (error) {
      this._showError(error instanceof RefusedError ? error.code : "server.unavailable");
      return false;
    }
  }

  /** @param {string} code */
  _showError(code) {
    this._showSentence(this._texts.refusal(code));
  }

  /** This person may not read the room any more. */
  _showLeft() {
    this._showSentence(this._texts.say("left"));
    if (this._composer) this._composer.form.hidden = true;
  }

  /** @param {string} sentence */
  _showSentence(sentence) {
    this._error.textContent = sentence;
    this._error.hidden = false;
  }

  /**
   * Keeps the keys of the discussion from being the page's shortcuts.
   * @param {KeyboardEvent} event
   */
  _pressed(event) {
    const isField = /** @type {Element} */ (event.target).matches("textarea, select");
    if (event.key === "Escape" && !event.defaultPrevented) this._surroundings.close?.();
    if (event.key === "Escape" || isField) event.stopPropagation();
  }
}
