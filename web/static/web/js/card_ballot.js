/* /discussion/polls/<id>/ballot: a poll in a card of a discussion. The voter is the person of the page
   around it: both have the same cookies. */

import { loadVotingKind } from "./kinds/voting_kind.js";
import { LiveSocket } from "./live_socket.js";
import { pageData } from "./page.js";
import { PageVoter } from "./voter.js";
import { VotingPage } from "./voting_page.js";

const page = pageData();
const texts = pageData("page-texts");
const voter = new PageVoter(page, { isEager: false });
const socket = new LiveSocket();

voter.onPersonChange = (/** @type {import("./voter.js").Person} */ person) => {
  // A socket that was opened as a visitor can't vote.
  socket.reconnect();
  if (!person.isNew) votingPage.read().catch(() => {});
};

const votingPage = new VotingPage(page, texts, socket, voter, await loadVotingKind(page.head.kind));
votingPage.start();

const optionForm = document.getElementById("option-form");
if (optionForm) {
  const { OptionForm } = await import("./option_form.js");
  new OptionForm(/** @type {HTMLFormElement} */ (optionForm), texts.optionForm, voter, socket).start();
}
