/* /manage/webhooks: the menu, and the button that copies a secret. */

import { keepCopying } from "./manage/copying.js";
import { keepMenus } from "./manage/dialogs.js";
import { pageData } from "./page.js";

keepCopying(pageData("page-texts"));
keepMenus();
