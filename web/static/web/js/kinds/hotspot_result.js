/* The result of `hotspot`; see kind_result.js. */

import { KindResult } from "./kind_result.js";

export class Result extends KindResult {}
