// Whether there is a line, said in words on every screen that may be seen without one.

import { t } from "./texts.js";
import { h } from "./ui.js";

/** A notice that is there while the device is offline. */
export function lineNotice() {
  const place = h("div", { class: "line-state", role: "status" });
  const draw = () => place.replaceChildren(...(navigator.onLine ? [] : [h("p", { class: "notice warn" }, t("offline"))]));
  const heard = () => {
    if (place.isConnected) return draw();
    for (const name of ["online", "offline"]) removeEventListener(name, heard);
    return undefined;
  };
  for (const name of ["online", "offline"]) addEventListener(name, heard);
  draw();
  return place;
}
