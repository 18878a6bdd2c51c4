"""Reading an identity card at the station: from a reader that types, or from a picture."""

from collections.abc import Sequence
from uuid import UUID

from anyio import to_thread

from motcua.errors import Invalid
from motcua.events.work import Work
from motcua.files.qr import read_codes
from motcua.people import citizens
from motcua.people.idcard import CardData, parse_card
from motcua.station.visits import Card
from motcua.text import fold

_KNOWN = "select id, folded from person where pid_index = $1"


async def read_picture(pictures: Sequence[bytes]) -> CardData:
    """Find the card's QR code in pictures; ``Invalid`` (or as ``open_image``) says what to do."""
    texts: list[str] = []
    for picture in pictures:
        texts += await to_thread.run_sync(read_codes, picture)
    if not texts:
        raise Invalid(
            said
            := "Không tìm thấy mã QR trong ảnh. Hãy chụp gần hơn, đủ sáng, cả ô mã QR và giữ yên thẻ.",
            "There is no QR code in the picture. Come closer, with light, and hold the card still.",
            fields={"image": said},
        )
    refused: Invalid | None = None
    for text in texts:
        try:
            return parse_card(text)
        except Invalid as problem:
            refused = problem
    raise refused or Invalid()


def card_of(data: CardData) -> Card:
    """Take from the card what forms are prefilled with, and nothing else."""
    return Card(data.pid, data.full_name, data.birth, data.sex, data.address)


async def remember(work: Work, card: Card) -> UUID:
    """Return the id of the card's holder, known or new.

    The QR code is not signed, so it adds a person but never changes one who is known: another name on
    the same number is a matter for an officer, and ``Invalid`` says so.
    """
    known = await work.tx.fetchrow(_KNOWN, work.vault.index(card.pid))
    if known is None:
        return await citizens.remember(work, card.citizen())
    if known["folded"] != fold(card.full_name):
        raise Invalid(
            "Họ tên trên thẻ khác với thông tin đã có của số định danh này. Hãy lấy số để nhân viên kiểm tra.",
            "The name on the card differs from what is known of this number. Take a number: an officer "
            "will look at it.",
        )
    return UUID(bytes=known["id"].bytes)
