// One paper, large: for showing to a person. Nothing is sent; who looks scans the code and checks for himself.

import { allLines, checkPage, titleOf } from "./claims.js";
import { stateLine } from "./home.js";
import { lineNotice } from "./line.js";
import { matrixOf } from "./qr.js";
import { paperOf } from "./storage.js";
import { t } from "./texts.js";
import { actions, drawCode, h, notice, pairs, pass, show } from "./ui.js";

export async function showPaper(root, id) {
  const paper = await paperOf(id);
  const back = actions(h("a", { class: "button secondary", href: "#" }, t("back")));
  if (!paper) {
    show(root, h("h1", {}, t("papers")), notice(t("noPaper"), "warn"), back);
    return;
  }
  const title = titleOf(paper);
  const face = pass({ issuerName: paper.issuerName, title, holder: paper.content.claims.full_name, heading: "h1" });
  show(
    root,
    lineNotice(),
    face,
    h("div", { class: "card shown" }, stateLine(paper, face), code(paper), pairs(allLines(paper)), h("p", { class: "soft small" }, t("onlyShown"))),
    back,
  );
}

function code(paper) {
  const page = checkPage(paper);
  if (!page) return null;
  return h("figure", { class: "check-code" }, drawCode(matrixOf(page), t("codeTitle")), h("figcaption", {}, t("codeHelp")));
}
