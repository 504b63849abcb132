/* Opens and closes the discussion of a page. Until it is first opened, nothing of it is loaded. */

import { formatCount } from "./page.js";

/** @typedef {import("./live_socket.js").LiveSocket} LiveSocket
 *  @typedef {{id: string, name: string, isGuest: boolean}} Person
 *  @typedef {{socket: LiveSocket, person?: () => Person | null, ensurePerson?: () => Promise<unknown>,
 *    signal?: AbortSignal}} Surroundings
 *    `person` is who uses the page, and `ensurePerson` makes a visitor a guest, where that changes;
 *    `signal` ends all of it */

/** The server refused; the message is a sentence for the person, if there is one. */
class LoadError extends Error {}

export class DiscussionToggle {
  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    this._surroundings = surroundings;
    this._place = document.getElementById("discussion");
    this._button = /** @type {HTMLElement} */ (document.getElementById("discussion-toggle"));
    /** @type {import("./discussion/panel.js").Panel | null} */
    this._panel = null;
    this._isLoading = false;
    this.isOpen = false;
    surroundings.signal?.addEventListener("abort", () => this._panel?.end());
  }

  start() {
    const { signal } = this._surroundings;
    if (this._place) this._button.addEventListener("click", () => this.toggle(), { signal });
  }

  toggle() {
    if (this._place) this._show(!this.isOpen);
  }

  /** @param {boolean} isOpen */
  async _show(isOpen) {
    const place = /** @type {HTMLElement} */ (this._place);
    this.isOpen = isOpen;
    this._button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen && !this._panel) await this._load(place);
    const isShown = this.isOpen && this._panel !== null;
    place.toggleAttribute("data-open", isShown);
    this._panel?.show(isShown);
    if (!isOpen) this._button.focus();
  }

  /** @param {HTMLElement} place */
  async _load(place) {
    if (this._isLoading) return;
    this._isLoading = true;
    this._button.setAttribute("aria-busy", "true");
    this._showError("");
    try {
      const { dataset } = place;
      const [{ Panel }, content] = await Promise.all([
        import("./discussion/panel.js"),
        loadContent(dataset.url ?? ""),
        loadStyles(dataset.styles ?? ""),
      ]);
      if (this._surroundings.signal?.aborted) return;
      place.append(content);
      this._panel = new Panel(place, {
        ...this._surroundings,
        close: () => this._show(false),
        onUnread: (count) => this._showUnread(count),
      });
      this._panel.start();
    } catch (error) {
      this._showError(error instanceof LoadError && error.message ? error.message : (place.dataset.failed ?? ""));
      this.isOpen = false;
      this._button.setAttribute("aria-expanded", "false");
    } finally {
      this._isLoading = false;
      this._button.removeAttribute("aria-busy");
    }
  }

  /** @param {string} sentence none hides it */
  _showError(sentence) {
    const error = /** @type {HTMLElement} */ (this._place?.querySelector(":scope > [role=alert]"));
    error.hidden = sentence === "";
    error.textContent = sentence;
  }

  /** @param {number} count of messages that arrived while nobody looked */
  _showUnread(count) {
    const badge = /** @type {HTMLElement} */ (this._button.querySelector(".unread"));
    badge.hidden = count === 0;
    /** @type {Element} */ (badge.firstElementChild).textContent = formatCount(count);
  }
}

/**
 * Returns the discussion as the server renders it.
 * @param {string} url
 */
async function loadContent(url) {
  const response = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  const text = await response.text();
  const isPlain = response.headers.get("Content-Type")?.startsWith("text/plain");
  if (!response.ok) throw new LoadError(isPlain ? text : "");
  const page = new DOMParser().parseFromString(text, "text/html");
  const content = document.createDocumentFragment();
  content.append(...page.body.childNodes);
  return document.adoptNode(content);
}

/**
 * @param {string} href
 * @returns {Promise<void>}
 */
function loadStyles(href) {
  if (document.querySelector(`link[href="${CSS.escape(href)}"]`)) return Promise.resolve();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((resolve, reject) => {
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", reject);
    document.head.append(link);
  });
}
