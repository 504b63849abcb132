/* /manage/projects and /manage/workspaces: menus, and times in the local time zone. */

import { Clock } from "./clock.js";
import { keepMenus } from "./manage/dialogs.js";
import { keepMoments } from "./manage/moments.js";
import { pageData } from "./page.js";

const page = pageData();
const texts = pageData("page-texts");

keepMenus();
if (page?.now) keepMoments(new Clock(page.now), texts);
