/* /manage: the list of your own polls. */

import { Clock } from "./clock.js";
import { keepMenus } from "./manage/dialogs.js";
import { keepMoments } from "./manage/moments.js";
import { pageData } from "./page.js";

keepMoments(new Clock(pageData().now), pageData("page-texts"));
keepMenus();
