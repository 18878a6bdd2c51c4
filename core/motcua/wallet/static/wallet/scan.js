// Bringing something to the wallet: the camera, a picture, or a pasted link. Nothing of a picture leaves the device.

import { readLink } from "./links.js";
import { readCode } from "./qrread.js";
import { t } from "./texts.js";
import { actions, button, errorText, h, show } from "./ui.js";

const EVERY = 250;
const LARGEST = 1280;

/** Show the ways in; `open(parameters)` gets an offer or a request. */
export function scan(root, open) {
  const video = h("video", { class: "camera", muted: true, playsinline: true, "aria-label": t("camera"), hidden: true });
  const said = h("p", { role: "status", class: "soft" });
  const take = (text) => {
    stop(video);
    return open(readLink(text));
  };
  const look = button(t("useCamera"), async () => {
    await watch(video, take, said);
    look.hidden = true;
  });
  const picture = h("input", { type: "file", id: "picture", class: "input", accept: "image/*" });
  picture.addEventListener("change", () => readPicture(picture, take, said));
  const text = h("textarea", { id: "link", class: "input", rows: "3", spellcheck: "false", autocomplete: "off" });
  show(
    root,
    h("h1", {}, t("scanOrPaste")),
    h("section", { class: "card" }, h("h2", {}, t("scanTitle")), h("p", {}, t("scanHelp")), video, said, actions(look)),
    h("section", { class: "card" }, h("h2", {}, t("pictureTitle")), h("div", { class: "field" }, h("label", { for: "picture" }, t("pictureLabel")), picture)),
    h(
      "section",
      { class: "card" },
      h("h2", {}, t("pasteTitle")),
      h("div", { class: "field" }, h("label", { for: "link" }, t("pasteLabel")), text),
      actions(button(t("openLink"), () => take(text.value))),
    ),
    actions(h("a", { class: "button secondary", href: "#" }, t("back"))),
  );
}

async function watch(video, take, said) {
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.hidden = false;
  await video.play();
  said.textContent = t("looking");
  const reader = readerOf();
  const turn = async () => {
    if (!video.isConnected) return stop(video);
    const text = await reader(video, video.videoWidth, video.videoHeight);
    if (text === null) return setTimeout(turn, EVERY);
    try {
      return await take(text);
    } catch (error) {
      said.replaceChildren(errorText(error));
      return undefined;
    }
  };
  turn();
}

async function readPicture(input, take, said) {
  said.textContent = "";
  try {
    const picture = await createImageBitmap(input.files[0]);
    const text = await readerOf()(picture, picture.width, picture.height);
    if (text === null) said.textContent = t("noCode");
    else await take(text);
  } catch (error) {
    console.warn(error);
    said.replaceChildren(errorText(error.code ? error : { code: "no_picture" }));
  }
}

/** The browser's own reader where it has one, else ours. */
function readerOf() {
  const ours = (source, width, height) => readCode(pixelsOf(source, width, height));
  if (!("BarcodeDetector" in globalThis)) return async (...picture) => ours(...picture);
  const theirs = new BarcodeDetector({ formats: ["qr_code"] });
  return async (source, width, height) => {
    const found = await theirs.detect(source).catch(() => []);
    return found[0]?.rawValue ?? ours(source, width, height);
  };
}

function pixelsOf(source, width, height) {
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  const canvas = h("canvas", { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function stop(video) {
  for (const track of video.srcObject?.getTracks() ?? []) track.stop();
  video.srcObject = null;
}
