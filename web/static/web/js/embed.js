/* /embed/<id>: a poll in a frame, on another site or on this one. */

import { loadVotingKind } from "./kinds/voting_kind.js";
import { LiveSocket } from "./live_socket.js";
import { cookie, pageData } from "./page.js";
import { TokenVoter, hasGuest, remembers } from "./token_voter.js";
import { PageVoter } from "./voter.js";
import { VotingPage } from "./voting_page.js";

const page = pageData();
// On a page of the same site the frame has our cookies: the person is the same as on the poll's own
// page. On other sites the frame has a guest with tokens.
const sharesCookies = cookie("tallyroom_csrf") !== "" && !hasGuest();
const tokenVoter = new TokenVoter(page);
const voter = sharesCookies ? new PageVoter(page, { isEager: false }) : tokenVoter;
// Without storage, everyone could vote again after each reload.
voter.canVote = page.canVote && (sharesCookies || remembers());
const socket = new LiveSocket({ protocols: () => (sharesCookies ? [] : tokenVoter.protocols) });
voter.onPersonChange = (/** @type {import("./voter.js").Person} */ person) => {
  socket.reconnect();
  if (sharesCookies && !person.isNew) votingPage.read().catch(() => {});
};

if (!voter.canVote) document.getElementById("link-out")?.classList.add("link-out-needed");

const votingPage = new VotingPage(page, pageData("page-texts"), socket, voter, await loadVotingKind(page.head.kind));
votingPage.start();
// The server rendered the page without knowing this guest, who may have voted before.
if (!sharesCookies && voter.canVote && voter.person) votingPage.read().catch(() => {});

const optionForm = document.getElementById("option-form");
if (optionForm && voter.canVote) {
  const { OptionForm } = await import("./option_form.js");
  new OptionForm(/** @type {HTMLFormElement} */ (optionForm), pageData("page-texts").optionForm, voter, socket).start();
} else {
  optionForm?.remove();
}
