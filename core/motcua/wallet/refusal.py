"""Why a token, a credential or a presentation is refused: one exception with a code for machines."""

from motcua.errors import Invalid

# A code that is not listed here is shown with the general sentence.
_SENTENCES = {
    "malformed": "Giấy tờ điện tử bị hỏng hoặc không đúng cấu trúc. Hãy xuất trình lại.",
    "unsupported_algorithm": "Giấy tờ điện tử dùng thuật toán ký không được chấp nhận.",
    "wrong_type": "Dữ liệu nhận được không phải loại giấy tờ được yêu cầu.",
    "bad_signature": "Chữ ký trên giấy tờ điện tử không hợp lệ.",
    "untrusted_issuer": "Cơ quan cấp giấy tờ này chưa được tin cậy ở đây.",
    "untrusted_certificate": "Chứng thư số không thuộc hệ thống được tin cậy.",
    "bad_disclosure": "Nội dung giấy tờ điện tử đã bị sửa.",
    "duplicate_digest": "Giấy tờ điện tử có nội dung lặp lại bất thường.",
    "expired": "Giấy tờ đã hết hạn.",
    "not_yet_valid": "Giấy tờ chưa đến ngày có hiệu lực.",
    "missing_key_binding": "Ví chưa chứng minh được là chủ của giấy tờ.",
    "wrong_holder": "Giấy tờ không được xuất trình bằng đúng ví đã nhận.",
    "wrong_nonce": "Lần xuất trình không khớp với yêu cầu. Hãy quét lại mã.",
    "wrong_audience": "Lần xuất trình được làm cho một nơi khác.",
    "stale": "Lần xuất trình đã quá hạn. Hãy quét lại mã.",
    "from_the_future": "Đồng hồ của thiết bị chạy nhanh. Hãy chỉnh giờ rồi làm lại.",
    "not_satisfied": "Giấy tờ được xuất trình không có đủ thông tin cần thiết.",
    "invalid_transaction_data": "Chữ ký bằng ví không phải cho đúng nội dung này. Hãy ký lại.",
    "revoked": "Giấy tờ đã bị thu hồi.",
    "suspended": "Giấy tờ đang tạm ngừng hiệu lực.",
}


def sentence(reason_code: str) -> str:
    """Return the sentence of a reason; nothing for one that has none."""
    return _SENTENCES.get(reason_code, "")


class CredentialError(Invalid):
    """A refusal by the rules of a credential format or protocol.

    ``reason_code`` is stable and made for programs (either a key of this module's table or an error code
    of OpenID4VCI section 8.3.1: ``invalid_proof``, ``invalid_nonce``). ``description`` is ASCII English,
    as OAuth error answers demand (RFC 6749 section 5.2); ``vi`` holds a sentence for a screen.
    """

    def __init__(self, reason_code: str, description: str) -> None:
        super().__init__(
            _SENTENCES.get(reason_code, "Ví hoặc giấy tờ điện tử không được chấp nhận."),
            description,
        )
        self.reason_code = reason_code
        self.description = description
