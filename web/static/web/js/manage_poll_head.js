/* /manage/<id>, where the results are hidden: the share dialog, and who is here. */

import { keepCopying } from "./manage/copying.js";
import { keepDialogs } from "./manage/dialogs.js";
import { pageData } from "./page.js";

keepCopying(pageData("page-texts"));
keepDialogs();
