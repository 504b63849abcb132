/* Joins the live project of a page, and says where this page is and what is done there. */

import { ConnectionLostError, RefusedError } from "./live_socket.js";

/** @typedef {{projectId: string, userId: string,
 *    location: {doing?: string, workspaceId?: string, pollId?: string}}} Live what the page knows
 *  @typedef {{id: string, name: string, status?: string, doing: string | null,
 *    workspaceId: string | null, pollId: string | null, pollQuestion: string | null}} Teammate */

export class TeamPresence {
  /**
   * @param {import("./live_socket.js").LiveSocket} socket
   * @param {Live} live
   */
  constructor(socket, live) {
    this._socket = socket;
    this._live = live;
    /** @type {number | undefined} the newest activity that is known */
    this._since = undefined;
    /** @type {Map<string, Teammate>} */
    this._people = new Map();
    /** @type {(people: Teammate[]) => void} called with the others who are here */
    this.onPeople = () => {};
    /** @type {() => void} called when something has happened in the project */
    this.onActivity = () => {};
    /** @type {() => void} called when this person is no longer a member, or has another role */
    this.onRole = () => {};
  }

  start() {
    const { _socket: socket } = this;
    socket.on("project-presence-state", (event) => this._isOurs(event) && this._replace(event.people));
    socket.on("project-presence-diff", (event) => this._isOurs(event) && this._change(event));
    socket.on("activity", (event) => this._isOurs(event) && this._happened(event.activity.seq));
    socket.on("project-role", (event) => this._isOurs(event) && this.onRole());
    socket.on("project-left", (event) => this._isOurs(event) && this.onRole());
    socket.watch(() => this._join());
  }

  /** @param {{projectId: string}} event */
  _isOurs(event) {
    return event.projectId === this._live.projectId;
  }

  async _join() {
    const { projectId, location } = this._live;
    try {
      const reply = await this._socket.call("join-project", { projectId, since: this._since });
      this._replace(reply.people);
      if (this._since !== undefined && reply.seq > this._since) this.onActivity();
      this._since = reply.seq;
      await this._socket.call("set-location", { projectId, doing: "views", ...location });
    } catch (error) {
      // Without it, the page works as well: somebody may have left the team meanwhile.
      if (!(error instanceof RefusedError || error instanceof ConnectionLostError)) throw error;
    }
  }

  /** @param {number} seq */
  _happened(seq) {
    this._since = Math.max(this._since ?? 0, seq);
    this.onActivity();
  }

  /** @param {Teammate[] | null} people null if they are too many to name */
  _replace(people) {
    this._people = new Map((people ?? []).map((person) => [person.id, person]));
    this._tell();
  }

  /** @param {{joined: Teammate[], changed: Teammate[], left: string[]}} diff */
  _change({ joined, changed, left }) {
    for (const person of [...joined, ...changed]) this._people.set(person.id, person);
    for (const id of left) this._people.delete(id);
    this._tell();
  }

  _tell() {
    const others = [...this._people.values()].filter(({ id }) => id !== this._live.userId);
    this.onPeople(others.sort((one, other) => one.name.localeCompare(other.name)));
  }
}
