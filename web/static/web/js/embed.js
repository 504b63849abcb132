/* /embed/<id>: a poll in a frame on somebody else's site, or on one of ours. */

import { LiveSocket } from "./live_socket.js";
import { cookie, pageData } from "./page.js";
import { TokenVoter, hasGuest, remembers } from "./token_voter.js";
import { PageVoter } from "./voter.js";
import { VotingPage } from "./voting_page.js";

const page = pageData();
// On a page of the same site browsers give a frame our cookies: then the same person votes here as
// on the poll's own page. On other sites the frame has a guest of its own.
const sharesCookies = cookie("tallyroom_csrf") !== "" && !hasGuest();
const tokenVoter = new TokenVoter(page);
const voter = sharesCookies ? new PageVoter(page, { greets: false }) : tokenVoter;
// A frame that forgets who has voted would let everybody vote again with each reload.
voter.canVote = page.canVote && (sharesCookies || remembers());
const socket = new LiveSocket({ protocols: () => (sharesCookies ? [] : tokenVoter.protocols) });
voter.onIntroduced = (/** @type {import("./voter.js").Person} */ person) => {
  socket.reconnect();
  if (sharesCookies && !person.isNew) votingPage.read().catch(() => {});
};

if (!voter.canVote) document.getElementById("link-out")?.classList.add("link-out-needed");

const votingPage = new VotingPage(page, pageData("page-texts"), socket, voter);
votingPage.start();
// The page came without knowing this guest, who may have voted on an earlier visit.
if (!sharesCookies && voter.canVote && voter.person) votingPage.read();
