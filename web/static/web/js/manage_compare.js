/* /manage/<id>/edit, when somebody else has saved first: times in the local time zone. */

import { Clock } from "./clock.js";
import { keepMoments } from "./manage/moments.js";
import { pageData } from "./page.js";

keepMoments(new Clock(pageData().now), pageData("page-texts"));
