/* /manage/<id>/share: the share options as a page. */

import { keepCopying } from "./manage/copying.js";
import { pageData } from "./page.js";

keepCopying(pageData("page-texts"));
