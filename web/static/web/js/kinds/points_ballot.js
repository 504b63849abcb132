/* The ballot of `points`; see kind_ballot.js. */

import { KindBallot } from "./kind_ballot.js";

export class Ballot extends KindBallot {}
