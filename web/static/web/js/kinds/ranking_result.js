/* The result of `ranking`; see kind_result.js. Points and first preferences are bars, the Schulze
   method is a grid, and an instant runoff is shown round by round once it is counted. */

import { byId, formatCount, formatShare, setText } from "../page.js";
import { KindResult } from "./kind_result.js";
import { RankingBars } from "./ranking_bars.js";
import { RankingGrid } from "./ranking_grid.js";
import { itemsOfRound, majorityText, noteOfRound, RankingRounds } from "./ranking_rounds.js";
import { showTable, tableOf } from "./ranking_table.js";
import { namesOf, RankingWords } from "./ranking_words.js";

/** @typedef {import("./kind_result.js").Shown} Shown
 *  @typedef {import("../poll_store.js").Results} Results
 *  @typedef {import("./ranking_words.js").Tally} Tally
 *  @typedef {import("./ranking_bars.js").Item} Item */

export class Result extends KindResult {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, any>} texts
   * @param {import("./kind_result.js").Surface} surface
   */
  constructor(place, texts, surface) {
    super(place, texts, surface);
    this._words = new RankingWords(texts.kind);
    const part = (/** @type {string} */ selector) => /** @type {HTMLElement | null} */ (place.querySelector(selector));
    const bars = part(".ranking-bars");
    const grid = /** @type {HTMLTableElement | null} */ (part(".ranking-grid"));
    this._bars = bars && new RankingBars(bars);
    this._grid = grid && new RankingGrid(grid, texts.kind);
    this._method = part(".ranking-result")?.dataset.method ?? "borda";
    this._table = /** @type {HTMLTableElement} */ (part(".ranking-table"));
    this._rounds = new RankingRounds(byId("ranking-steps"), this._words, () => this._paintAgain());
    if (surface === "stage") this._rounds.followKeys();
    // Whether this page has shown the poll while its rounds were not counted.
    this._hasWaited = false;
  }

  get layout() {
    return this._bars?.layout ?? this._grid?.layout ?? "";
  }

  /** @param {boolean} areShort */
  shortenLabels(areShort) {
    this._bars?.shortenLabels(areShort);
  }

  /** @param {Shown} shown */
  paint(shown) {
    const { results, phase, isReplayed, head } = shown;
    const isFinal = phase === "closed" && !isReplayed && Boolean(results.totalVoters);
    if (this._takeRounds(shown)) this._paintRound(results);
    else this._paintOrder(shown, isFinal);
    this._grid?.draw(results, { mark: isFinal ? this._mark(results.tally) : "", isAtOnce: isFinal });
    showTable(this._table, tableOf(results, this._method, isPartial(head), this._words.texts));
  }

  /**
   * @param {Shown} shown
   * @returns {boolean} whether there are rounds to show
   */
  _takeRounds({ results: { tally }, isReplayed }) {
    if (!tally) {
      this._rounds.hide();
      return false;
    }
    const count = isReplayed ? 0 : tally.runoff?.rounds.length ?? 0;
    this._rounds.take(count, this._hasWaited);
    if (!isReplayed) this._hasWaited = count === 0;
    return count > 0;
  }

  /** @param {Shown} shown */
  summary({ results }) {
    const lines = this._words.summary(results);
    // The voter's page joins them with spaces, the stage with full stops.
    return this.surface === "vote" ? lines.map((line) => `${line}.`) : lines;
  }

  /** @param {Shown} shown */
  outcome(shown) {
    // Not ahead of the last round.
    const isPlaying = this._takeRounds(shown) && this._rounds.isPlaying;
    return isPlaying ? this._rounds.text : this._words.outcome(shown.results);
  }

  end() {
    super.end();
    this._bars?.end();
    this._grid?.end();
    this._rounds.end();
  }

  /** Another round is to be shown. */
  _paintAgain() {
    if (!this.shown) return;
    this.draw(this.shown);
    if (this.surface === "stage") setText(byId("note"), this.outcome(this.shown));
  }

  /**
   * @param {Shown} shown
   * @param {boolean} isFinal
   */
  _paintOrder(shown, isFinal) {
    const { results, head } = shown;
    const isCounting = isFinal && this._method === "instant_runoff" && results.tally !== null;
    this._caption(isCounting ? this._words.say("counting") : "");
    setText(byId("ranking-note"), isCounting ? "" : this._words.note(this._method, results));
    const mark = isFinal && !isCounting ? this._mark(results.tally) : "";
    this._bars?.draw(this._items(results, isPartial(head), mark), {
      isAtOnce: isFinal || !results.tally,
      hasThreshold: this._method === "instant_runoff" && !!results.totalVoters,
      isDecided: mark !== "",
    });
  }

  /**
   * Returns the bars in the order of the tally; in the poll's order without votes, or while it is hidden.
   * @param {Results} results
   * @param {boolean} hasBase whether voters may leave options out
   * @param {string} mark of those in the first place
   * @returns {Item[]}
   */
  _items(results, hasBase, mark) {
    /** @type {Tally | null} */
    const tally = results.tally;
    const blank = { place: 0, share: 0, gain: 0, value: "", detail: "", base: "", mark: "", isOut: false };
    const voters = results.totalVoters ?? 0;
    if (!tally || !voters) return results.options.map(({ id, text }) => ({ ...blank, id, text }));
    const name = namesOf(results);
    const most = voters * (tally.options.length - 1);
    return tally.options.map((option) => {
      const { optionId: id, points, firsts } = option;
      const own = { ...blank, id, text: name(id), place: option.place, mark: option.place === 1 ? mark : "" };
      if (this._method !== "borda") {
        return { ...own, share: option.share, value: formatShare(option.share), detail: this._words.count("votes", firsts) };
      }
      const { voterCount = 0 } = results.options.find((each) => each.id === id) ?? {};
      return {
        ...own,
        share: (100 * points) / most,
        value: this._words.count("points", points),
        detail: this._words.say("firsts", { count: formatCount(firsts) }),
        base: hasBase ? this._words.say("base", { count: formatCount(voterCount ?? 0), total: formatCount(voters) }) : "",
      };
    });
  }

  /** @param {Results} results */
  _paintRound(results) {
    const { index, isOver } = this._rounds;
    this._bars?.draw(itemsOfRound(results, index, this._words), {
      isAtOnce: true,
      hasThreshold: true,
      isDecided: isOver,
    });
    this._caption(majorityText(results.tally.runoff.rounds[index], this._words));
    setText(byId("ranking-note"), noteOfRound(results, index, this._words));
  }

  /** @param {string} text none hides it */
  _caption(text) {
    const caption = byId("ranking-caption");
    caption.hidden = text === "";
    setText(caption, text);
  }

  /** @param {Tally | null} tally */
  _mark(tally) {
    const first = tally?.options.filter(({ place }) => place === 1) ?? [];
    return this._words.say(first.length > 1 ? "tied" : "winner");
  }
}

/**
 * Whether voters may leave options out.
 * @param {import("../poll_store.js").PollHead} head
 */
const isPartial = (head) => head.settings.places !== null;
