/* /embed/<id>: a poll in a frame on somebody else's site. */

import { LiveSocket } from "./live_socket.js";
import { pageData } from "./page.js";
import { TokenVoter, remembers } from "./token_voter.js";
import { VotingPage } from "./voting_page.js";

const page = pageData();
const voter = new TokenVoter(page);
// A frame that forgets who has voted would let everybody vote again with each reload.
voter.canVote = page.canVote && remembers();
const socket = new LiveSocket({ protocols: () => voter.protocols });
voter.onIntroduced = () => socket.reconnect();

if (!voter.canVote) document.getElementById("link-out")?.classList.add("link-out-needed");

const votingPage = new VotingPage(page, pageData("page-texts"), socket, voter);
votingPage.start();
// The page came without knowing whom it is for; there may be a vote from an earlier visit.
if (voter.canVote && voter.person) votingPage.read();
