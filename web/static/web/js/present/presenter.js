/* Presents a poll: connects its events and the presenter's commands to the stage. */

import { Announcer } from "../announcer.js";
import { Clock } from "../clock.js";
import { DiscussionToggle } from "../discussion_toggle.js";
import { LiveSocket } from "../live_socket.js";
import { byId, formatCount, pageData } from "../page.js";
import { ofPeople, phaseOf, PollStore } from "../poll_store.js";
import { TeamPresence } from "../team_presence.js";
import { Controls } from "./controls.js";
import { Replay } from "./replay.js";
import { RequestError, Requests } from "./requests.js";
import { nextTheme, stayAwake, toggleFullScreen } from "./screen.js";
import { Stage, withoutNumbers } from "./stage.js";
import { Texts } from "./texts.js";
import { Toasts } from "./toasts.js";

/** @typedef {import("./stage.js").Phase} Phase */

// Numbers that change more often are unreadable; bars animate in between.
const DRAW_EVERY_MS = 80;

export class Presenter {
  /**
   * @param {(url: string, options?: {isNew: boolean}) => Promise<void>} go presents the poll at
   *   this URL, as a new entry of the browser's history unless `isNew` is false
   * @param {typeof import("../kinds/kind_result.js").KindResult} Result draws the results
   */
  constructor(go, Result) {
    const page = pageData();
    this.path = location.pathname;
    this._page = page;
    this._go = go;
    const texts = pageData("page-texts");
    this._texts = new Texts(texts);
    this._clock = new Clock(page.now);
    this._socket = new LiveSocket();
    this._store = new PollStore(this._socket, { ...page, results: page.poll });
    const place = document.getElementById("kind-result") ?? document.querySelector("#chart .bars");
    this._result = new Result(/** @type {HTMLElement} */ (place), texts, "stage");
    this._stage = new Stage(this._texts, this._clock, this._result);
    this._toasts = new Toasts();
    this._requests = new Requests(this._texts);
    this._announcer = new Announcer(byId("announcer"));
    this._ending = new AbortController();
    const { signal } = this._ending;
    this._controls = new Controls(byId("main"), (command) => this._run(command), signal);
    this.discussion = new DiscussionToggle({ socket: this._socket, signal });
    this._replay = new Replay((moment) => this._texts.moment(moment), () => this._draw(), signal);
    this._total = page.totalVoters;
    this._isShown = page.isShown;
    /** @type {boolean | null} */
    this._isJoinWanted = null;
    this._isTableShown = false;
    // Requests that are queued or running, and the last response in the queue.
    /** @type {Set<string>} */
    this._asked = new Set();
    /** @type {Promise<any>} */
    this._lastAnswer = Promise.resolve();
    this._isDue = false;
    this._drawnAt = -Infinity;
    /** @type {Phase | null} */
    this._phaseBefore = null;
    this._tick = 0;
  }

  start() {
    const { signal } = this._ending;
    this._controls.start((areOn) => this._say(areOn ? "shortcutsOn" : "shortcutsOff"));
    if (this._page.phase === "hidden") return;
    this.discussion.start();
    this._store.subscribe((changes) => this._changed(changes));
    this._socket.on("state", (state) => this._stage.drawConnection(state));
    this._socket.on("signed-out", () => this._toasts.fail(this._texts.say("signedOut")));
    this._store.start();
    if (this._page.live) new TeamPresence(this._socket, this._page.live).start();
    this._socket.start();
    this._tick = setInterval(() => this._passTime(), 1_000);
    document.addEventListener("fullscreenchange", () => this._drawButtons(), { signal });
    stayAwake(signal);
    this._draw();
  }

  end() {
    this._ending.abort();
    clearInterval(this._tick);
    this._toasts.end();
    this._socket.stop();
    this._stage.end();
  }

  // State

  /** @returns {Phase} */
  get _phase() {
    if (this._page.phase === "hidden") return "hidden";
    if (this._store.isDeleted) return "gone";
    return phaseOf(this._store.head, this._clock);
  }

  /** @param {Set<import("../poll_store.js").Change>} changes */
  _changed(changes) {
    if (this._ending.signal.aborted) return;
    const { results, head } = this._store;
    // Unknown while the results are hidden from this person: signed out, for example.
    this._total = results.totalVoters ?? this._total;
    if (changes.has("head") && head.joinCode !== this._page.head.joinCode) {
      // Only the server renders the QR code.
      this._go(location.href, { isNew: false });
      return;
    }
    if (changes.has("results")) this._announcer.summarize(() => this._summary());
    this._request();
  }

  _passTime() {
    if (this._phase !== this._phaseBefore) this._request();
    else this._stage.drawTime();
  }

  _summary() {
    const { results, head } = this._store;
    const shown = { results, head, phase: this._phase, answers: [], isReplayed: false };
    return this._texts.summary(this._total, this._isShown ? this._result.summary(shown) : []);
  }

  // Drawing

  _request() {
    document.title = `(${formatCount(this._total)}) ${this._store.head.question} · Tallyroom`;
    if (this._isDue) return;
    this._isDue = true;
    const waitMs = this._drawnAt + DRAW_EVERY_MS - performance.now();
    setTimeout(() => requestAnimationFrame(() => this._draw()), waitMs);
  }

  _draw() {
    this._isDue = false;
    if (this._ending.signal.aborted) return;
    const phase = this._phase;
    if (phase !== this._phaseBefore) this._enter(phase);
    byId("gone").hidden = phase !== "gone";
    const moment = this._isShown ? this._replay.moment : null;
    const results = moment ? ofPeople(moment.results) : this._store.results;
    this._stage.draw({
      phase,
      head: this._store.head,
      results: this._isShown ? results : withoutNumbers(results),
      isShown: this._isShown,
      total: moment?.results.totalVoters ?? this._total,
      // Without the presenter.
      watchers: Math.max(0, this._store.watchers - 1),
      isJoinShown: this._isJoinShown(phase),
      isTableShown: this._isTableShown,
      replayed: moment?.at ?? null,
    });
    byId("watchers").hidden = this._store.watchers < 2;
    this._drawButtons();
    // Measured from the end, so that a slow machine can do other work in between.
    this._drawnAt = performance.now();
  }

  /** @param {Phase} phase */
  _enter(phase) {
    const before = this._phaseBefore;
    this._phaseBefore = phase;
    if (before === null) return;
    if (phase === "open") this._say("opened");
    if (phase === "closed") this._say("closed");
    // The default applies again: the join panel for an open poll, the results for a closed one.
    this._isJoinWanted = null;
  }

  /** @param {Phase} phase */
  _isJoinShown(phase) {
    if (phase === "draft") return false;
    return this._isJoinWanted ?? (phase === "open" || phase === "waiting");
  }

  _drawButtons() {
    const phase = this._phase;
    this._controls.draw({
      phase,
      isShown: this._isShown,
      pressed: {
        join: this._isJoinShown(phase),
        table: this._isTableShown,
        replay: this._replay.moment !== null,
        "full-screen": document.fullscreenElement !== null,
      },
      resultsLabel: this._texts.say(this._isShown ? "hideResults" : "showResults"),
    });
  }

  // Feedback

  /** @param {string} name of the sentence */
  _say(name) {
    this._toasts.say(this._texts.say(name));
  }

  // Commands

  /** @param {string} command */
  _run(command) {
    /** @type {Record<string, () => unknown>} */
    const commands = {
      open: () => this._open(),
      "open-now": () => this._act("open-now"),
      close: () => this._act("close"),
      reopen: () => this._act("reopen"),
      results: () => this._toggleResults(),
      join: () => this._toggleJoin(),
      table: () => this._toggleTable(),
      discussion: () => this.discussion.toggle(),
      replay: () => this._toggleReplay(),
      play: () => this._replay.moment && this._replay.toggle(),
      back: () => this._replay.moment && this._replay.close(),
      next: () => this._goOn(),
      theme: () => this._changeTheme(),
      "full-screen": () => this._toggleFullScreen(),
      help: () => this._controls.toggleHelp(),
    };
    commands[command]?.();
  }

  _open() {
    const actions = { draft: "open", waiting: "open-now", closed: "reopen" };
    const phase = this._phase;
    if (phase in actions) this._act(actions[/** @type {keyof actions} */ (phase)]);
    else if (phase === "open") this._say("opened");
  }

  /** @param {string} action */
  async _act(action) {
    const state = await this._ask(action, () => this._requests.send(this._controls.urlOf(action)));
    if (!state) return;
    this._clock.set(state.now);
    this._store.take(state);
  }

  async _goOn() {
    const next = await this._ask("next", () => this._requests.read(this._page.urls.next));
    if (next?.url) this._go(next.url);
    else if (next) this._say("noNext");
  }

  async _toggleReplay() {
    if (this._replay.moment) return this._replay.close();
    if (!this._isShown) return this._toasts.fail(this._texts.say("replayHidden"));
    const answer = await this._ask("replay", () => this._requests.read(this._page.urls.replay));
    if (!answer || !this._isShown) return;
    if (answer.timeline.points.length < 2) this._say("nothingToReplay");
    else this._replay.open(answer.timeline);
  }

  /**
   * Sends requests one at a time, in order; ignores one that is already queued. Shows errors.
   *
   * The stage may show the result before the response, since events arrive over the socket.
   * @param {string} what
   * @param {() => Promise<any>} request
   */
  async _ask(what, request) {
    if (this._asked.has(what)) return null;
    this._asked.add(what);
    const answer = this._lastAnswer.then(request);
    this._lastAnswer = answer.catch(() => null);
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this._toasts.fail(error.message);
      return null;
    } finally {
      this._asked.delete(what);
    }
  }

  _toggleResults() {
    this._isShown = !this._isShown;
    if (this._replay.moment) this._replay.close();
    // A reload must not show more than now.
    const url = new URL(location.href);
    url.searchParams.set("results", this._isShown ? "shown" : "hidden");
    history.replaceState(history.state, "", url);
    this._draw();
    this._say(this._isShown ? "resultsAreShown" : "resultsAreHidden");
  }

  _toggleJoin() {
    this._isJoinWanted = !this._isJoinShown(this._phase);
    this._draw();
  }

  _toggleTable() {
    this._isTableShown = !this._isTableShown;
    this._draw();
  }

  _changeTheme() {
    const names = { auto: "themeAuto", light: "themeLight", dark: "themeDark" };
    this._say(names[nextTheme()]);
  }

  async _toggleFullScreen() {
    if (!(await toggleFullScreen())) this._toasts.fail(this._texts.say("noFullScreen"));
  }
}
