// The end of a visit at a station: papers and keys are deleted before the station shows again.

import { deleteVisit } from "./storage.js";

const place = document.getElementById("ended");

deleteVisit().finally(() => location.replace(place.dataset.back));
