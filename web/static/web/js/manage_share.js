/* The share sheet as a page of its own. */

import { keepCopying } from "./manage/copying.js";
import { pageData } from "./page.js";

keepCopying(pageData("page-texts"));
