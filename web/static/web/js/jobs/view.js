/* The jobs on a page: moves their progress, and replaces those whose state has changed with what
   the server renders. */

import { fill, setText } from "../page.js";

/** @typedef {{id: string, projectId: string | null, state: string, revision: number,
 *    progress: number, progressMessage: string}} Job
 *  @typedef {{job?: string, projectId: string | null}} Page
 *  @typedef {{progress: Record<string, string>, showsOthers: boolean, changed: string}} Texts */

const GATHER_MS = 150;
const UNFINISHED = ["queued", "running"];

export class JobsView {
  /**
   * @param {Page} page
   * @param {Texts} texts
   * @param {import("../announcer.js").Announcer} announcer
   */
  constructor(page, texts, announcer) {
    this._page = page;
    this._texts = texts;
    this._announcer = announcer;
    this._timer = 0;
    this._isReading = false;
  }

  /** @param {Job} job */
  show(job) {
    const row = rowOf(document, job.id);
    if (!row) {
      if (this._belongsHere(job)) this.readSoon();
      return;
    }
    if (job.revision <= revisionOf(row)) return;
    if (job.state !== row.dataset.state || job.state !== "running") return this.readSoon();
    row.dataset.revision = String(job.revision);
    this._showProgress(row, job);
  }

  /** Reads the page again, and shows what is new in it. */
  readSoon() {
    this._timer ||= setTimeout(() => this._read(), GATHER_MS);
  }

  /**
   * Whether a job that is not shown may be one that the page lists.
   * @param {Job} job
   */
  _belongsHere({ projectId }) {
    const isNewest = document.getElementById("jobs")?.hasAttribute("data-is-newest");
    return !this._page.job && isNewest && (!this._page.projectId || projectId === this._page.projectId);
  }

  /**
   * @param {HTMLElement} row
   * @param {Job} job
   */
  _showProgress(row, { progress, progressMessage: message }) {
    const bar = /** @type {HTMLProgressElement | null} */ (row.querySelector("[data-progress]"));
    if (bar) bar.value = progress;
    const percent = row.querySelector("[data-percent]");
    if (percent) setText(percent, String(progress));
    const place = row.querySelector("[data-message]");
    const other = this._texts.showsOthers ? message : "";
    if (place) setText(place, this._texts.progress[message] ?? other);
  }

  async _read() {
    this._timer = 0;
    // Afterwards again: this response may be older than what has just happened.
    if (this._isReading) return this.readSoon();
    this._isReading = true;
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (response.ok) this._merge(new DOMParser().parseFromString(await response.text(), "text/html"));
      // Deleted, perhaps in another window: the page says so.
      else if (response.status === 404) location.reload();
    } catch {
      // Offline: read again when the socket is connected again.
    } finally {
      this._isReading = false;
    }
  }

  /** @param {Document} fresh */
  _merge(fresh) {
    const here = document.getElementById("jobs");
    const there = fresh.getElementById("jobs");
    if (!here || !there) return;
    const rows = [...rowsIn(there)];
    const changed = rows.filter((row) => this._hasChanged(row));
    // Jobs that were over before they could be shown.
    const over = here.hasAttribute("data-is-newest")
      ? newest(rows).filter((row) => !UNFINISHED.includes(row.dataset.state ?? ""))
      : [];
    const list = here.querySelector("[data-job-list]");
    const freshList = there.querySelector("[data-job-list]");
    if (list && freshList) this._mergeLists(list, freshList);
    else if (!this._page.job) here.replaceChildren(...there.childNodes);
    else for (const row of changed) replace(row);
    for (const row of [...changed, ...over]) this._announce(row);
  }

  /**
   * @param {HTMLElement} row
   */
  _hasChanged(row) {
    const shown = rowOf(document, row.dataset.job ?? "");
    return Boolean(shown && revisionOf(shown) < revisionOf(row) && shown.dataset.state !== row.dataset.state);
  }

  /**
   * @param {Element} list
   * @param {Element} fresh
   */
  _mergeLists(list, fresh) {
    const rows = [...rowsIn(fresh)];
    const ids = new Set(rows.map((row) => row.dataset.job));
    for (const row of rowsIn(list)) if (!ids.has(row.dataset.job)) row.remove();
    let place = list.firstElementChild;
    for (const row of rows) {
      const shown = rowOf(document, row.dataset.job ?? "");
      if (shown && revisionOf(shown) >= revisionOf(row)) {
        place = shown.nextElementSibling;
      } else if (shown) {
        place = shown.nextElementSibling;
        replace(row);
      } else {
        list.insertBefore(row, place);
      }
    }
  }

  /** @param {HTMLElement} row */
  _announce(row) {
    const state = row.querySelector("[data-state-name]")?.textContent ?? "";
    this._announcer.announce(fill(this._texts.changed, { job: row.dataset.name ?? "", state }));
  }
}

/**
 * Puts a row in the place of the one that is shown, and the focus where it was.
 * @param {HTMLElement} row
 */
function replace(row) {
  const shown = rowOf(document, row.dataset.job ?? "");
  if (!shown) return;
  const active = /** @type {HTMLElement | null} */ (document.activeElement);
  const focused = active && shown.contains(active) ? active : null;
  shown.replaceWith(row);
  if (!focused) return;
  const same = row.querySelector(`[data-focus="${focused.dataset.focus}"]`);
  const next = same ?? row.querySelector("[data-focus]") ?? row.querySelector("a, button");
  /** @type {HTMLElement | null} */ (next)?.focus({ preventScroll: true });
}

/**
 * The rows before the first one that is shown already: those after it may be older, and on the page
 * because another one was deleted.
 * @param {HTMLElement[]} rows
 */
function newest(rows) {
  const first = rows.findIndex((row) => rowOf(document, row.dataset.job ?? ""));
  return first < 0 ? rows : rows.slice(0, first);
}

/**
 * @param {Document | Element} place
 * @returns {NodeListOf<HTMLElement>}
 */
function rowsIn(place) {
  return place.querySelectorAll("[data-job]");
}

/**
 * @param {Document | Element} place
 * @param {string} id
 * @returns {HTMLElement | null}
 */
function rowOf(place, id) {
  return place.querySelector(`[data-job="${CSS.escape(id)}"]`);
}

/** @param {HTMLElement} row */
function revisionOf(row) {
  return Number(row.dataset.revision);
}
