"""The longest realistic data for every template. Synthetic: no person, unit or dossier of this kind exists."""

from datetime import UTC, date, datetime
from typing import Any

AT = datetime(2026, 11, 20, 7, 59, tzinfo=UTC)
DUE = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
URL = "https://tinh-mau.motcua.example/tra-cuu/H49.12.05.13-261120-0975?m=K7Q2-M4XN-8RTW"
MARK = "DỮ LIỆU MÔ PHỎNG"

_HEADER = {
    "parent": "Ủy ban nhân dân phường Phan Rang - Tháp Chàm Đông Hải",
    "unit": "Trung tâm Phục vụ hành chính công phường Phan Rang - Tháp Chàm Đông Hải",
    "number": "0975/TNHS-TTPVHCC",
    "place": "Phan Rang - Tháp Chàm",
    "date": date(2026, 11, 20),
}
_SUBJECT = {
    "name": "Công Tằng Tôn Nữ Nguyễn Phước Hoàng Thụy Quỳnh Hương Giang",
    "pid": "022195012345",
    "address": "Số 1234/56/78A, ngõ 910, đường Nguyễn Thị Minh Khai nối dài, tổ dân phố số 12 "
    "khu đô thị mới Bắc Sông Cấm, phường Phan Rang - Tháp Chàm Đông Hải, tỉnh Mẫu",
    "phone": "0912 345 678",
    "email": "cong.tang.ton.nu.quynh.huong.giang.1995@thu-dien-tu.example",
}
_PROCEDURE = {
    "name": "Đăng ký biến động quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất do chuyển nhượng, "
    "thừa kế, tặng cho và cấp lại giấy chứng nhận trong trường hợp bị mất, rách, ố, nhòe",
    "code": "1.004203.000.00.00.H49",
}
_OFFICER = {
    "name": "Nguyễn Huỳnh Thị Phương Khuyên",
    "title": "Chuyên viên tiếp nhận",
    "phone": "0203 999 0000",
}
_CODE = "H49.12.05.13-261120-0975"

FORM01: dict[str, Any] = {
    "mark": MARK,
    "label": "Mẫu số 01",
    "header": _HEADER,
    "code": _CODE,
    "subject": _SUBJECT,
    "submitter": {
        "name": "Đặng Trần Nguyễn Thái Bình An",
        "relation": "người được ủy quyền",
        "phone": "0987 654 321",
    },
    "procedure": {**_PROCEDURE, "case": "Tặng cho giữa cha mẹ và con, thửa đất có nhà ở"},
    "agency": "Chi nhánh Văn phòng Đăng ký đất đai khu vực phường Phan Rang - Tháp Chàm",
    "papers": [
        {
            "name": "Đơn đăng ký biến động đất đai, tài sản gắn liền với đất",
            "original": 1,
            "provenance": "Công dân nộp bản giấy",
        },
        {
            "name": "Giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản khác gắn liền với đất",
            "original": 1,
            "provenance": "Công dân nộp bản giấy, cán bộ đã đối chiếu",
        },
        {
            "name": "Hợp đồng tặng cho quyền sử dụng đất đã công chứng",
            "original": 1,
            "copy": 2,
            "provenance": "Công dân tự quét",
        },
        {
            "name": "Trích lục kết hôn",
            "digital": 1,
            "provenance": "Ví giấy tờ, cơ quan cấp đã ký số",
        },
        {
            "name": "Giấy khai sinh",
            "certified": 1,
            "digital": 1,
            "provenance": "Kho dữ liệu điện tử của cá nhân",
        },
        {
            "name": "Văn bản ủy quyền theo quy định của pháp luật về dân sự",
            "certified": 1,
            "provenance": "Công dân nộp bản giấy",
        },
    ],
    "fee": {
        "lines": [
            {
                "label": "Lệ phí cấp giấy chứng nhận",
                "amount": 100_000,
                "status": "Đã nộp trực tuyến",
            },
            {
                "label": "Phí thẩm định hồ sơ cấp giấy chứng nhận",
                "amount": 1_250_000,
                "status": "Nộp khi nhận kết quả",
            },
        ],
        "total": 1_350_000,
    },
    "received_at": AT,
    "due_at": DUE,
    "limit": "03 ngày làm việc",
    "derivation": [
        "tiếp nhận 14 giờ 59 phút thứ Sáu 20/11/2026, ngày tiếp nhận không tính",
        "ngày làm việc thứ 1 là thứ Hai 23/11",
        "thứ Ba 24/11 nghỉ (Ngày Văn hóa Việt Nam)",
        "ngày thứ 2 là thứ Tư 25/11",
        "ngày thứ 3 là thứ Năm 26/11, hết giờ làm việc 17 giờ 00 phút",
    ],
    "return": {
        "place": "Trung tâm Phục vụ hành chính công phường Phan Rang - Tháp Chàm Đông Hải, quầy 5",
        "way": "Trực tiếp và bản điện tử vào ví giấy tờ",
    },
    "officer": _OFFICER,
    "tracking_url": URL,
    "note": "Khi đến nhận kết quả xin mang theo giấy này hoặc mã QR trên điện thoại.",
}

FORM02: dict[str, Any] = {
    "mark": MARK,
    "header": _HEADER,
    "code": _CODE,
    "subject": _SUBJECT,
    "procedure": _PROCEDURE,
    "received_at": AT,
    "items": [
        {
            "name": "Giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản khác gắn liền với đất",
            "original": 1,
            "request": "Ảnh trang 3 bị mất góc dưới bên phải; đề nghị chụp lại đủ bốn góc, "
            "đọc được số vào sổ.",
        },
        {
            "name": "Hợp đồng tặng cho quyền sử dụng đất đã công chứng",
            "certified": 1,
            "copy": 2,
            "request": "Thiếu lời chứng của công chứng viên.",
        },
    ],
    "reason": "Hồ sơ chưa đủ căn cứ để giải quyết theo thành phần hồ sơ đã công khai.",
    "basis": "Quyết định công bố thủ tục hành chính (dữ liệu mô phỏng).",
    "guidance": "Có thể bổ sung trực tuyến bằng mã QR dưới đây hoặc tại bất kỳ quầy nào của trung tâm.",
    "answer_by": DUE,
    "officer": _OFFICER,
    "tracking_url": URL,
}

FORM03: dict[str, Any] = {
    "mark": MARK,
    "header": _HEADER,
    "code": _CODE,
    "subject": _SUBJECT,
    "procedure": _PROCEDURE,
    "submitted_at": AT,
    "reasons": [
        "Thửa đất số 12, tờ bản đồ số 34 đang có thông báo thụ lý tranh chấp của Tòa án nhân dân khu vực.",
        "Thủ tục không thuộc thẩm quyền giải quyết của Ủy ban nhân dân phường.",
    ],
    "basis": ["Khoản 1 Điều 188 (dữ liệu mô phỏng)."],
    "guidance": [
        "Nộp lại hồ sơ khi tranh chấp đã được giải quyết bằng bản án hoặc quyết định có hiệu lực.",
        "Cần hướng dẫn thêm, xin liên hệ quầy 1, điện thoại 0203 999 0000.",
    ],
    "returned": ["Giấy chứng nhận quyền sử dụng đất (01 bản chính)"],
    "appeal": "Nếu không đồng ý, ông/bà có quyền khiếu nại theo quy định của pháp luật về khiếu nại.",
    "officer": _OFFICER,
}

FORM04: dict[str, Any] = {
    "mark": MARK,
    "label": "Mẫu số 04",
    "header": _HEADER,
    "code": _CODE,
    "subject": _SUBJECT,
    "procedure": _PROCEDURE,
    "agency": "Chi nhánh Văn phòng Đăng ký đất đai khu vực phường Phan Rang - Tháp Chàm",
    "received_at": AT,
    "limit": "03 ngày làm việc",
    "old_due_at": DUE,
    "new_due_at": datetime(2026, 12, 3, 10, 0, tzinfo=UTC),
    "reason": "Phải xác minh thực địa tại thửa đất, do mưa lũ kéo dài nên đoàn chưa đến được; cơ quan đã bố trí "
    "thêm người để có kết quả sớm nhất.",
    "derivation": FORM01["derivation"],
    "signer": {"name": "Huỳnh Nguyễn Thị Phương Khuyên"},
    "tracking_url": URL,
    "note": "Ông/bà được báo ngay khi có kết quả.",
}

FORM06: dict[str, Any] = {
    "mark": MARK,
    "header": _HEADER,
    "code": _CODE,
    "subject": _SUBJECT,
    "procedure": _PROCEDURE,
    "agency": "Chi nhánh Văn phòng Đăng ký đất đai khu vực phường Phan Rang - Tháp Chàm",
    "partners": [
        "Thuế cơ sở khu vực phường Phan Rang - Tháp Chàm",
        "Phòng Kinh tế, Hạ tầng và Đô thị",
    ],
    "received_at": AT,
    "due_at": DUE,
    "rows": [
        {
            "step": step,
            "giver": "Nguyễn Huỳnh Thị Phương Khuyên, Trung tâm Phục vụ hành chính công",
            "taker": "Đặng Trần Nguyễn Thái Bình An, Phòng Kinh tế, Hạ tầng và Đô thị",
            "at": AT,
            "due": DUE,
            "result": result,
            "note": note,
        }
        for step, result, note in [
            ("Tiếp nhận, kiểm tra, số hóa hồ sơ", "before", None),
            (
                "Thẩm định, xác minh thực địa",
                "on",
                "Phối hợp với cơ quan thuế xác định nghĩa vụ tài chính",
            ),
            ("Trình lãnh đạo phê duyệt", "after", "Quá hạn 02 giờ làm việc, đã có thư xin lỗi"),
            ("Đóng dấu, phát hành", "open", None),
        ]
        * 4
    ],
    "summary": "Tổng thời gian giải quyết 3 ngày làm việc; tạm dừng 1 lần, 4 ngày làm việc, chờ công dân bổ sung.",
    "printed_at": DUE,
}

TICKET: dict[str, Any] = {
    "mark": MARK,
    "site": _HEADER["unit"],
    "number": "D042",
    "line": "Đất đai, xây dựng, môi trường và quản lý đô thị",
    "priority": "Ưu tiên: người cao tuổi",
    "ahead": 12,
    "wait": "25–40 phút",
    "message": "Số được gọi ba lần; đến muộn xin báo quầy hướng dẫn để giữ lượt.",
    "issued_at": AT,
}

RESULT: dict[str, Any] = {
    "mark": MARK,
    "header": {**_HEADER, "number": "123/GXN-UBND"},
    "code": _CODE,
    "title": "Giấy xác nhận tình trạng hôn nhân",
    "about": "Cấp cho bà Công Tằng Tôn Nữ Nguyễn Phước Hoàng Thụy Quỳnh Hương Giang",
    "authority": "Ủy ban nhân dân phường Phan Rang - Tháp Chàm Đông Hải",
    "basis": [
        "Căn cứ hồ sơ số H49.12.05.13-261120-0975 và kết quả xác minh ngày 20 tháng 11 năm 2026;"
    ],
    "paragraphs": [
        (
            "Xét đề nghị của bà Công Tằng Tôn Nữ Nguyễn Phước Hoàng Thụy Quỳnh Hương Giang về việc cấp giấy xác nhận "
            "tình trạng hôn nhân, Ủy ban nhân dân phường xác nhận các thông tin sau:"
        ),
    ],
    "facts": [
        ["Họ, chữ đệm, tên", _SUBJECT["name"]],
        ["Số định danh cá nhân", "022195012345"],
        ["Nơi thường trú", _SUBJECT["address"]],
        ["Tình trạng hôn nhân", "Hiện tại chưa đăng ký kết hôn với ai"],
    ],
    "closing": ["Giấy này có giá trị sử dụng trong thời hạn 6 tháng kể từ ngày cấp."],
    "recipients": ["Bà Công Tằng Tôn Nữ Nguyễn Phước Hoàng Thụy Quỳnh Hương Giang", "Lưu: VT, HT"],
    "signer": {
        "on_behalf": "TM. Ủy ban nhân dân",
        "title": "KT. Chủ tịch\nPhó Chủ tịch",
        "name": "Nguyễn Huỳnh Trần Đặng Phương Uyên",
    },
    "verify_url": URL,
    "verify_code": "K7Q2-M4XN-8RTW",
}

STAMP: dict[str, Any] = {
    "name": "Nguyễn Huỳnh Trần Đặng Phương Uyên",
    "organisation": "Ủy ban nhân dân phường Phan Rang - Tháp Chàm Đông Hải",
    "signed_at": AT,
    "mark": "Chữ ký thử nghiệm",
}

SHARED_MARK: dict[str, Any] = {
    "line": "Cho Ngân hàng Mẫu xem để mở tài khoản, không phải bản sao",
    "foot": "Xem lúc 08:05 ngày 22/11/2026 theo lượt chia sẻ của Nguyễn Văn Mẫu (dữ liệu mô phỏng)",
}

ALL: dict[str, dict[str, Any]] = {
    "mark": SHARED_MARK,
    "sealing": {**RESULT, "result": {"number": "123/GXN-UBND"}, "missing": ["qr", "signature"]},
    "form01": FORM01,
    "form02": FORM02,
    "form03": FORM03,
    "form04": FORM04,
    "form06": FORM06,
    "ticket": TICKET,
    "result": RESULT,
    "stamp": STAMP,
}
