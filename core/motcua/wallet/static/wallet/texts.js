// What the wallet says, Vietnamese first. The language of the page decides.

const VI = {
  papers: "Giấy tờ trong ví",
  noPapers: "Ví chưa có giấy tờ nào. Khi có kết quả, hãy mở liên kết hoặc quét mã QR do cơ quan gửi.",
  issuedBy: "Nơi cấp",
  issuedOn: "Ngày cấp",
  expiresOn: "Hết hạn",
  received: "Nhận vào ví",
  details: "Xem nội dung",
  delete: "Xóa khỏi ví",
  confirmDelete: "Xóa giấy tờ này khỏi ví? Nơi cấp vẫn còn hồ sơ gốc; muốn có lại phải xin nhận lại.",
  wipe: "Xóa toàn bộ ví trên trình duyệt này",
  confirmWipe: "Xóa mọi giấy tờ, khóa và lịch sử trên trình duyệt này?",
  history: "Lịch sử chia sẻ",
  noHistory: "Chưa chia sẻ giấy tờ nào.",
  sharedWith: "Đã chia sẻ với {name} ({host})",
  refusedTo: "Đã từ chối {name} ({host})",
  checking: "Đang kiểm tra",
  valid: "Còn hiệu lực",
  revoked: "Đã thu hồi",
  suspended: "Tạm ngừng hiệu lực",
  ended: "Đã hết hạn",
  unknown: "Chưa kiểm tra được",
  receiveTitle: "Nhận giấy tờ vào ví",
  offeredBy: "{name} ({host}) gửi cho bạn:",
  willHold: "Giấy tờ này gồm:",
  txCode: "Mã giao dịch nơi cấp đưa cho bạn",
  txCodeHelp: "Gồm {length} chữ số. Không đưa mã này cho người khác.",
  take: "Nhận giấy tờ",
  cancel: "Không nhận",
  checkTitle: "Kiểm tra trước khi lưu",
  verified: "Chữ ký của nơi cấp hợp lệ. Nội dung sẽ được lưu:",
  store: "Lưu vào ví",
  discard: "Bỏ, không lưu",
  stored: "Đã lưu vào ví.",
  discarded: "Không lưu gì vào ví.",
  presentTitle: "Yêu cầu chia sẻ giấy tờ",
  asks: "{name} tại {host} muốn xem:",
  purpose: "Nơi yêu cầu ghi là",
  trusted: "Nơi yêu cầu đã được xác thực",
  untrusted: "Ví không xác thực được nơi yêu cầu. Chỉ tiếp tục khi bạn chắc chắn về địa chỉ trên.",
  willShare: "Sẽ chia sẻ",
  alwaysShown: "Luôn đi kèm giấy tờ",
  notShared: "Không chia sẻ",
  agree: "Đồng ý chia sẻ",
  refuse: "Từ chối",
  shared: "Đã chia sẻ.",
  refused: "Đã từ chối, không có gì được chia sẻ.",
  back: "Về danh sách giấy tờ",
  working: "Đang xử lý…",
  yes: "Có",
  no: "Không",
  notDone: "Chưa thực hiện được",
  failed: "Lỗi: {reason}",
  errors: {
    malformed: "Dữ liệu nhận được không đúng cấu trúc.",
    unsupported_algorithm: "Chữ ký dùng thuật toán không được chấp nhận.",
    wrong_type: "Loại giấy tờ không đúng với loại được gửi.",
    bad_signature: "Chữ ký không hợp lệ. Không lưu, không chia sẻ gì.",
    untrusted_issuer: "Không tìm được khóa của nơi cấp. Không lưu gì.",
    untrusted_certificate: "Không xác thực được nơi yêu cầu. Không chia sẻ gì.",
    bad_disclosure: "Nội dung giấy tờ đã bị sửa. Không lưu gì.",
    duplicate_digest: "Nội dung giấy tờ bất thường. Không lưu gì.",
    expired: "Đã hết hạn.",
    not_yet_valid: "Chưa đến ngày có hiệu lực.",
    wrong_holder: "Giấy tờ được cấp cho ví khác. Không lưu gì.",
    wrong_audience: "Yêu cầu không khớp với liên kết. Không chia sẻ gì.",
    stale: "Yêu cầu đã quá hạn. Hãy quét lại mã.",
    not_satisfied: "Trong ví không có giấy tờ phù hợp với yêu cầu này.",
    not_ready: "Giấy tờ chưa sẵn sàng. Hãy mở lại liên kết sau.",
    insecure_address: "Địa chỉ không an toàn (không dùng https).",
    unreachable: "Không kết nối được. Hãy kiểm tra mạng rồi thử lại.",
    invalid_grant: "Mã giao dịch không đúng, hoặc liên kết đã được dùng hay đã hết hạn.",
    invalid_request: "Cơ quan từ chối yêu cầu. Hãy kiểm tra mã giao dịch.",
    credential_request_denied: "Cơ quan từ chối cấp giấy tờ này.",
    revoked: "Giấy tờ này đã bị thu hồi nên không dùng được.",
    suspended: "Giấy tờ này đang tạm ngừng hiệu lực.",
    missing_key_binding: "Nơi yêu cầu không nhận được chữ ký của ví.",
    wrong_nonce: "Lần chia sẻ không khớp với yêu cầu. Hãy quét lại mã.",
    invalid_proof: "Cơ quan không nhận chữ ký của ví. Hãy kiểm tra giờ của máy rồi thử lại.",
    invalid_nonce: "Đã quá lâu kể từ khi bắt đầu. Hãy mở lại liên kết.",
    invalid_token: "Đã quá lâu kể từ khi nhập mã. Hãy xin liên kết mới.",
    unavailable: "Nơi cấp chưa trả lời. Hãy thử lại sau ít phút.",
    not_found: "Liên kết không còn. Hãy xin liên kết mới.",
    gone: "Liên kết đã được dùng hoặc đã hết hạn. Hãy xin liên kết mới.",
    other: "Không thực hiện được ({code}).",
  },
};

const EN = {
  papers: "Papers in the wallet",
  noPapers: "No papers yet. When a result is ready, open the link or scan the QR code that the office sent.",
  issuedBy: "Issued by",
  issuedOn: "Issued on",
  expiresOn: "Expires",
  received: "Received",
  details: "Show content",
  delete: "Delete from the wallet",
  confirmDelete: "Delete this paper from the wallet? The office keeps the original; to have it again, ask for it again.",
  wipe: "Delete the whole wallet in this browser",
  confirmWipe: "Delete all papers, keys and history in this browser?",
  history: "History of sharing",
  noHistory: "Nothing has been shared.",
  sharedWith: "Shared with {name} ({host})",
  refusedTo: "Refused to {name} ({host})",
  checking: "Checking",
  valid: "Valid",
  revoked: "Revoked",
  suspended: "Suspended",
  ended: "Expired",
  unknown: "Could not be checked",
  receiveTitle: "Receive papers",
  offeredBy: "{name} ({host}) sends you:",
  willHold: "The paper holds:",
  txCode: "Transaction code from the issuer",
  txCodeHelp: "{length} digits. Give this code to nobody.",
  take: "Receive",
  cancel: "Do not receive",
  checkTitle: "Check before storing",
  verified: "The issuer's signature is valid. This will be stored:",
  store: "Store in the wallet",
  discard: "Discard",
  stored: "Stored in the wallet.",
  discarded: "Nothing was stored.",
  presentTitle: "Request to share papers",
  asks: "{name} at {host} wants to see:",
  purpose: "The requester says",
  trusted: "The requester is verified",
  untrusted: "The wallet cannot verify the requester. Go on only if you are sure of the address above.",
  willShare: "Will be shared",
  alwaysShown: "Always goes with the paper",
  notShared: "Not shared",
  agree: "Share",
  refuse: "Refuse",
  shared: "Shared.",
  refused: "Refused; nothing was shared.",
  back: "Back to the papers",
  working: "Working…",
  yes: "Yes",
  no: "No",
  notDone: "It was not done",
  failed: "Error: {reason}",
  errors: {
    malformed: "What was received has the wrong structure.",
    unsupported_algorithm: "The signature uses an algorithm that is not accepted.",
    wrong_type: "The paper is not of the type that was offered.",
    bad_signature: "The signature is not valid. Nothing was stored or shared.",
    untrusted_issuer: "The issuer's key was not found. Nothing was stored.",
    untrusted_certificate: "The requester could not be verified. Nothing was shared.",
    bad_disclosure: "The paper was changed. Nothing was stored.",
    duplicate_digest: "The paper has unusual content. Nothing was stored.",
    expired: "It has expired.",
    not_yet_valid: "It is not valid yet.",
    wrong_holder: "The paper was issued to another wallet. Nothing was stored.",
    wrong_audience: "The request does not belong to this link. Nothing was shared.",
    stale: "The request has run out. Scan the code again.",
    not_satisfied: "No paper in the wallet fits this request.",
    not_ready: "The paper is not ready. Open the link again later.",
    insecure_address: "The address is not safe (no https).",
    unreachable: "No connection. Check the network and try again.",
    invalid_grant: "The transaction code is wrong, or the link was used or has run out.",
    invalid_request: "The office refused the request. Check the transaction code.",
    credential_request_denied: "The office refused to issue this paper.",
    revoked: "This paper was revoked and cannot be used.",
    suspended: "This paper is suspended.",
    missing_key_binding: "The requester did not receive the wallet's signature.",
    wrong_nonce: "The answer does not belong to the request. Scan the code again.",
    invalid_proof: "The office does not accept the wallet's signature. Check the clock of this device.",
    invalid_nonce: "Too much time has passed. Open the link again.",
    invalid_token: "Too much time has passed since the code was entered. Ask for a new link.",
    unavailable: "The issuer does not answer. Try again in a few minutes.",
    not_found: "The link no longer exists. Ask for a new one.",
    gone: "The link was used or has run out. Ask for a new one.",
    other: "It could not be done ({code}).",
  },
};

export const TEXTS = { vi: VI, en: EN };

const language = () => (globalThis.document?.documentElement.lang.startsWith("en") ? "en" : "vi");

/** A text of the wallet with its `{values}` filled in. */
export function t(key, values = {}) {
  return fill(TEXTS[language()][key], values);
}

/** The sentence for a failure. */
export function failure(error) {
  const { errors, failed } = TEXTS[language()];
  const code = String(error?.code ?? error?.name ?? "error");
  const reason = Object.hasOwn(errors, code) ? errors[code] : fill(errors.other, { code });
  return fill(failed, { reason });
}

/** The entry of a `display` array in the language of the page. */
export function named(display, fallback) {
  const list = Array.isArray(display) ? display : [];
  const found = list.find((entry) => String(entry?.locale).startsWith(language())) ?? list[0];
  return String(found?.name ?? found?.label ?? fallback);
}

/** A moment in seconds as a date of Vietnam. */
export function day(seconds) {
  return new Date(seconds * 1000).toLocaleDateString(language() === "vi" ? "vi-VN" : "en-GB", {
    day: "2-digit",
    month: "2-digit",
    year: "numeric",
    timeZone: "Asia/Ho_Chi_Minh",
  });
}

/** A moment in seconds with its time of day. */
export function moment(seconds) {
  return new Date(seconds * 1000).toLocaleString(language() === "vi" ? "vi-VN" : "en-GB", {
    timeZone: "Asia/Ho_Chi_Minh",
  });
}

/** A claim's value as a line of text. */
export function valueText(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value !== "object") return dated(String(value));
  return Object.values(value).map(valueText).filter(Boolean).join(", ");
}

/** A date as people in Viet Nam write it; any other text as it is. */
function dated(text) {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return found ? `${found[3]}/${found[2]}/${found[1]}` : text;
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
