/* Adds new activities to the list on the page, as the server renders them. */

const GATHER_MS = 300;

export class ActivityFeed {
  /** @param {number} [longest] how many activities the list has at most; without it, any number */
  constructor(longest = Infinity) {
    this._longest = longest;
    this._timer = 0;
    this._isReading = false;
  }

  /** Something has happened. */
  readSoon() {
    this._timer ||= setTimeout(() => this._read(), GATHER_MS);
  }

  async _read() {
    this._timer = 0;
    // Afterwards again: this answer may be older than what has just happened.
    if (this._isReading) return this.readSoon();
    this._isReading = true;
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (response.ok) this._add(new DOMParser().parseFromString(await response.text(), "text/html"));
    } catch {
      // Offline: the socket says when it is connected again, and what happened meanwhile.
    } finally {
      this._isReading = false;
    }
  }

  /** @param {Document} page */
  _add(page) {
    const list = document.querySelector("[data-activity]");
    const fresh = page.querySelector("[data-activity]");
    if (!list || !fresh) return;
    const newest = seqOf(list.firstElementChild);
    for (const line of [...fresh.children].reverse()) {
      if (seqOf(line) <= newest) continue;
      const added = document.adoptNode(line);
      added.classList.add("is-new");
      list.prepend(added);
    }
    while (list.children.length > this._longest) list.lastElementChild?.remove();
  }
}

/** @param {Element | null} line */
function seqOf(line) {
  return Number(/** @type {HTMLElement | null} */ (line)?.dataset.seq ?? 0);
}
