"""A ticket on paper: what a printer is sent is taken apart again, looked at and scanned."""

import socket
import threading
from itertools import groupby
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from motcua.station import paper, printing
from motcua.station.paper import Status
from motcua.station.slips import Slip

SLIP = Slip(
    lang="vi",
    site="Điểm tiếp nhận phường Hồng Gai",
    date="Thứ Hai, 23/11/2026, lúc 08:05",
    yours="Số của ông/bà",
    number="A012",
    line="Chứng thực, sao y bản chính",
    other="Certification",
    says=("Dự kiến chờ 15–25 phút", "Chờ trong phòng chờ, nghe gọi số, quầy 1, 2, 3"),
    follow="Quét mã để theo dõi số bằng điện thoại",
    link="https://tinh.example/q/AB23CD45",
    code="AB23CD45",
    dossier_says="Quét mã để theo dõi hồ sơ",
    dossier="https://tinh.example/track/AB23CD45EFGH",
    dossier_code="AB23CD45EFGH",
)
PLAIN = Slip(**{**{f: getattr(SLIP, f) for f in SLIP.__struct_fields__}, "dossier": ""})


def raster(sent: bytes) -> Image.Image:
    """Return the picture in what a printer was sent (GS v 0), as it would stand on paper."""
    rows = []
    width = 0
    at = sent.find(b"\x1dv0")
    while at >= 0:
        wide = sent[at + 4] + 256 * sent[at + 5]
        high = sent[at + 6] + 256 * sent[at + 7]
        rows.append(sent[at + 8 : at + 8 + wide * high])
        width = wide
        at = sent.find(b"\x1dv0", at + 8 + wide * high)
    dots = b"".join(rows)
    picture = Image.frombytes("1", (width * 8, len(dots) // width), dots)
    return picture.convert("L").point([255] + [0] * 255)  # a set bit is a black dot


def codes(picture: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("width", [58, 80])
def test_both_codes_are_read_from_what_the_printer_is_sent(width: int) -> None:
    drawn = printing.draw(SLIP, width)
    assert drawn.width == printing.ROLLS[width]
    sent = printing.commands(drawn)
    printed = raster(sent)
    assert printed.size == drawn.size
    assert printed.tobytes() == drawn.convert("L").tobytes()
    assert codes(printed) == [SLIP.link, SLIP.dossier]
    assert sent.endswith(b"\x1dV\x00")


def test_a_ticket_without_a_dossier_has_one_code() -> None:
    drawn = printing.draw(PLAIN)
    assert codes(drawn.convert("L")) == [SLIP.link]
    assert drawn.height < printing.draw(SLIP).height


def test_the_number_is_the_largest_line_on_the_paper() -> None:
    drawn = printing.draw(PLAIN).convert("L")
    [code] = zxingcpp.read_barcodes(drawn)
    rows = [b"\0" in drawn.crop((8, y, 568, y + 1)).tobytes() for y in range(drawn.height)]
    heights = sorted(
        len(list(run)) for black, run in groupby(rows[: code.position.top_left.y]) if black
    )
    assert heights[-1] >= 95  # 12 mm at 8 dots per millimetre
    assert heights[-1] > 2 * heights[-2]


def test_a_name_of_any_length_stays_on_the_paper() -> None:
    long = (
        "Đăng ký biến động quyền sử dụng đất, tài sản gắn liền với đất và đăng ký biện pháp bảo đảm"
    )
    slip = Slip(**{**{f: getattr(SLIP, f) for f in SLIP.__struct_fields__}, "line": long})
    for width in printing.ROLLS:
        drawn = printing.draw(slip, width).convert("L")
        margins = drawn.crop((0, 0, 4, drawn.height)).tobytes()
        assert b"\0" not in margins
        assert codes(drawn) == [SLIP.link, SLIP.dossier]


def test_a_folder_keeps_what_a_printer_would_be_sent_and_its_picture(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    place = paper.printer_at(f"folder:{folder}")
    assert place.status() == Status("ok", "ok")
    place.put("A012", printing.draw(SLIP))
    assert codes(raster((folder / "A012.escpos").read_bytes())) == [SLIP.link, SLIP.dossier]
    with Image.open(folder / "A012.png") as kept:
        assert kept.width == 576
    (folder / "paper").write_text("out\n")
    assert place.status() == Status("ok", "out")


def test_a_device_file_is_written_to_and_missed_when_it_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "lp0"
    file.touch()
    place = paper.printer_at(f"file:{file}")
    assert place.status() == Status("ok")
    place.put("A012", printing.draw(PLAIN))
    assert codes(raster(file.read_bytes())) == [SLIP.link]
    file.unlink()
    assert place.status() == Status("error")


class OnTheNetwork:
    """A printer that answers the questions of ESC/POS and keeps what it is sent."""

    def __init__(self, trouble: int, rolls: int) -> None:
        self.answers = {b"\x10\x04\x02": trouble, b"\x10\x04\x04": rolls}
        self.sent = b""
        self.ear = socket.create_server(("127.0.0.1", 0))
        self.port = self.ear.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self.ear.accept()
            except OSError:
                return
            with line:
                while data := line.recv(65536):
                    if data in self.answers:
                        line.sendall(bytes([self.answers[data]]))
                    else:
                        self.sent += data

    def close(self) -> None:
        self.ear.shutdown(socket.SHUT_RDWR)
        self.ear.close()
        self.thread.join()


@pytest.mark.parametrize(
    ("trouble", "rolls", "status"),
    [
        (0x12, 0x12, Status("ok", "ok")),
        (0x12, 0x1E, Status("ok", "low")),
        (0x12, 0x7E, Status("ok", "out")),
        (0x16, 0x12, Status("error", "ok")),
        (0x52, 0x12, Status("error", "ok")),
        (0xFF, 0xFF, Status("ok")),
    ],
)
def test_the_answers_of_a_printer_are_read(trouble: int, rolls: int, status: Status) -> None:
    there = OnTheNetwork(trouble, rolls)
    try:
        place = paper.printer_at(f"tcp:127.0.0.1:{there.port}")
        assert place.status() == status
        place.put("A012", printing.draw(PLAIN))
    finally:
        there.close()
    assert codes(raster(there.sent)) == [SLIP.link]
    assert place.status() == Status("error")


@pytest.mark.parametrize("address", ["", "lp0", "tcp:host", "tcp:host:99999", "file:", "usb:1"])
def test_an_address_of_no_kind_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no printer"):
        paper.printer_at(address)
