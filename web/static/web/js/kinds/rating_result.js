/* The result of `rating`; see kind_result.js. */

import { KindResult } from "./kind_result.js";

export class Result extends KindResult {}
