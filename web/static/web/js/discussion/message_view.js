/* Shows one message. Texts of people are only ever set as text. */

import { formatCount, setText } from "../page.js";
import { nodesOf } from "./links.js";
import { shortTime, wholeTime } from "./times.js";

/** @typedef {import("./room_store.js").Message} Message
 *  @typedef {import("./texts.js").Texts} Texts
 *  @typedef {{ownId: string | undefined, isOwner: boolean}} Viewer
 *  @typedef {{previous: Message | undefined, parent: Message | undefined, viewer: Viewer}} Context
 *    `previous` is the message above; `parent` what it replies to, if that is known */

// Messages that one person writes within this time are shown as one block.
const BLOCK_MS = 5 * 60_000;
const QUOTE_CHARS = 80;

export class MessageView {
  /**
   * @param {Texts} texts
   * @param {(pollId: string) => HTMLElement} makeCard
   */
  constructor(texts, makeCard) {
    this._texts = texts;
    this._makeCard = makeCard;
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("message-template"));
    this.element = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    /** @type {Message | null} */
    this._message = null;
    this._drawn = "";
    this._reactions = "";
  }

  /**
   * @param {Message} message
   * @param {Context} context
   */
  draw(message, context) {
    // Most messages are the same as in the last frame.
    const { previous, parent, viewer } = context;
    const drawn = [previous?.id, parent?.revision, viewer.ownId, message.revision].join();
    if (drawn === this._drawn && message === this._message) return;
    this._drawn = drawn;
    this._drawHead(message, context);
    this._drawParent(message, context.parent);
    if (message !== this._message) {
      this._drawBody(message);
      this._drawCard(message);
      this._drawReplies(message);
    }
    this._drawReactions(message, context.viewer);
    this._message = message;
  }

  /**
   * @param {Message} message
   * @param {Context} context
   */
  _drawHead(message, { previous, viewer }) {
    const { classList, dataset } = this.element;
    dataset.message = message.id;
    const isSystem = message.kind === "system";
    const isOwn = message.author !== null && message.author.id === viewer.ownId;
    classList.toggle("message-system", isSystem);
    classList.toggle("message-own", isOwn);
    classList.toggle("message-mention", viewer.ownId !== undefined && message.mentions.includes(viewer.ownId));
    classList.toggle("message-continues", !isSystem && continues(previous, message));
    setText(this._part(".message-author"), this._authorOf(message, isOwn));
    const time = /** @type {HTMLTimeElement} */ (this._part("time"));
    if (time.dateTime !== message.createdAt) {
      const moment = new Date(message.createdAt);
      time.dateTime = message.createdAt;
      time.textContent = shortTime(moment);
      time.title = wholeTime(moment);
    }
    this._part(".message-edited").hidden = message.editedAt === null || message.deletedAt !== null;
    const more = this._part(".message-more");
    more.hidden = isSystem || message.deletedAt !== null || viewer.ownId === undefined;
    more.setAttribute("aria-label", this._texts.say("actionsFor", { name: this._authorOf(message, isOwn) }));
  }

  /**
   * @param {Message} message
   * @param {boolean} isOwn
   */
  _authorOf({ author, kind }, isOwn) {
    if (kind === "system") return "Tallyroom";
    if (isOwn) return this._texts.say("you");
    return author?.name ?? this._texts.say("deletedAccount");
  }

  /**
   * @param {Message} message
   * @param {Message | undefined} parent
   */
  _drawParent({ parentId }, parent) {
    const place = this._part(".message-parent");
    place.hidden = parentId === null;
    if (parentId === null) return;
    const name = parent?.author?.name ?? "";
    const quote = parent ? shorten(parent.deletedAt ? this._texts.say("deleted") : parent.body) : "";
    const sentence = name ? this._texts.say("inReplyTo", { name, quote }) : this._texts.say("inReply");
    setText(place, sentence);
  }

  /** @param {Message} message */
  _drawBody(message) {
    const place = this._part(".message-body");
    this.element.classList.toggle("message-deleted", message.deletedAt !== null);
    if (message.deletedAt !== null) place.textContent = this._texts.say("deleted");
    else if (message.kind === "system") place.textContent = this._texts.system(message);
    else place.replaceChildren(...nodesOf(message.body));
    place.hidden = place.textContent === "";
  }

  /** @param {Message} message */
  _drawCard({ pollId, deletedAt, kind }) {
    const place = this._part(".message-card");
    // What the system says is about the poll that is shown beside it.
    const shown = deletedAt === null && kind === "text" ? (pollId ?? "") : "";
    if (place.dataset.poll === shown) return;
    place.dataset.poll = shown;
    place.replaceChildren(...(shown ? [this._makeCard(shown)] : []));
    place.hidden = shown === "";
  }

  /** @param {Message} message */
  _drawReplies({ replyCount }) {
    const place = this._part(".message-replies");
    place.hidden = replyCount === 0;
    setText(place, this._texts.count("replies", replyCount));
  }

  /**
   * @param {Message} message
   * @param {Viewer} viewer
   */
  _drawReactions({ reactions, deletedAt }, { ownId }) {
    const place = this._part(".message-reactions");
    place.hidden = reactions.length === 0 || deletedAt !== null;
    const drawn = JSON.stringify([reactions, ownId]);
    if (drawn === this._reactions) return;
    this._reactions = drawn;
    const focused = place.contains(document.activeElement)
      ? /** @type {HTMLElement} */ (document.activeElement).dataset.emoji
      : undefined;
    place.replaceChildren(...reactions.map((reaction) => this._reactionItem(reaction, ownId)));
    if (focused) /** @type {HTMLElement | null} */ (place.querySelector(`[data-emoji="${CSS.escape(focused)}"]`))?.focus();
  }

  /**
   * @param {import("./room_store.js").Reaction} reaction
   * @param {string | undefined} ownId
   */
  _reactionItem({ emoji, count, userIds }, ownId) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "reaction numbers";
    button.dataset.emoji = emoji;
    button.disabled = ownId === undefined;
    button.setAttribute("aria-pressed", String(ownId !== undefined && userIds.includes(ownId)));
    button.textContent = `${emoji} ${formatCount(count)}`;
    item.append(button);
    return item;
  }

  /**
   * @param {string} selector
   * @returns {HTMLElement}
   */
  _part(selector) {
    return /** @type {HTMLElement} */ (this.element.querySelector(selector));
  }
}

/**
 * Whether a message is shown in one block with the one above.
 * @param {Message | undefined} previous
 * @param {Message} message
 */
function continues(previous, message) {
  return (
    previous?.kind === "text" &&
    previous.author !== null &&
    previous.author.id === message.author?.id &&
    message.parentId === null &&
    Date.parse(message.createdAt) - Date.parse(previous.createdAt) < BLOCK_MS
  );
}

/** @param {string} text */
function shorten(text) {
  const characters = Array.from(text.replace(/\s+/g, " ").trim());
  return characters.length <= QUOTE_CHARS ? characters.join("") : `${characters.slice(0, QUOTE_CHARS).join("")} …`;
}
