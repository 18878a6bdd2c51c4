"""The channels of the core: the wallet of the open protocols, a link to the signed PDF, the post, the counter.

``wallet``   OpenID4VC. What is offered is minted when its holder has signed in, never before: here the holder
             is only due to find it. The wallet's own notification says that it arrived.
``link``     a message with the address of the dossier's page, where the signed PDF lies behind the sign-in.
``post``, ``counter``   people: the delivery waits in staff's list until somebody says it is done.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import msgspec

from motcua import notices
from motcua.channels import handover
from motcua.channels.plan import BUILT_IN, COUNTER, POST
from motcua.errors import Conflict, Unavailable
from motcua.platform import Platform
from motcua.plugins.wallet_channels import (
    LEVELS,
    Capability,
    ClaimsRequest,
    Delivery,
    Errand,
    Holder,
    Interaction,
    IssuedResult,
    NotDeliverable,
    VerifiedClaims,
    WalletChannel,
)
from motcua.wallet import asking
from motcua.wallet.asking import Wish

# Only the telephone: nobody looks at the person.
_PHONE = "select phone_sealed from person where id = $1"
_REASONS = {"check_in": "Nhận diện tại trạm", "prefill": "Điền sẵn tờ khai"}
_DELIVERS: frozenset[Capability] = frozenset({"deliver", "withdraw"})


@dataclass(frozen=True)
class _BuiltIn:
    """What they have in common: the platform at hand, names, and nothing to prove."""

    platform: Platform
    key: str
    title_vi: str
    title_en: str
    capabilities: frozenset[Capability] = _DELIVERS

    @property
    def assurance(self) -> str:
        return BUILT_IN[self.key]

    async def withdraw(self, errand: Errand, result: IssuedResult, reason: str, idem: str) -> None:
        """Nothing is left to do: the status list and the verify page say it, in the decision's own commit."""

    async def start(self, errand: Errand, need: ClaimsRequest) -> Interaction:
        """Refuse: paper proves nothing by itself."""
        raise self._proves_nothing()

    async def finish(
        self, errand: Errand, interaction: Interaction, raw: Mapping[str, str]
    ) -> VerifiedClaims:
        """Refuse, as ``start``."""
        raise self._proves_nothing()

    def _proves_nothing(self) -> Unavailable:
        return Unavailable(
            f"Kênh “{self.title_vi}” không dùng để xác thực.",
            f"The channel {self.title_en!r} proves nothing.",
        )


class Wallet(_BuiltIn):
    """OpenID4VCI, to any wallet."""

    async def deliver(
        self, errand: Errand, result: IssuedResult, holder: Holder, idem: str
    ) -> Delivery:
        """Offer it on the dossier's page; ``NotDeliverable`` where no electronic paper is made of it."""
        if result.kind != "granted" or not result.type:
            raise NotDeliverable(
                "Kết quả này không có bản điện tử cho ví.",
                "No electronic paper for a wallet is made of this result.",
            )
        return Delivery("offered", link=_page_of(errand, result))

    async def start(self, errand: Errand, need: ClaimsRequest) -> Interaction:
        """Ask any wallet of any province's papers for the claims (OpenID4VP), across devices.

        ``Unavailable`` for a sign-in and for what is to be signed: those begin where the person is known.
        """
        if need.purpose not in _REASONS or need.transaction:
            raise self._proves_nothing()
        wish = Wish(
            [list(need.claims)], asked_by=errand.work.tenant.name, reason=_REASONS[need.purpose]
        )
        kinds = await asking.kinds_with(self.platform, wish.options)
        asked = await asking.ask(self.platform, errand.work, wish, kinds, hosted=False)
        key = parse_qs(urlsplit(asked.result_url).query)["key"][0]
        kept = {"key": key, "assurance": need.assurance}
        return Interaction(str(asked.id), asked.request, asked.expires_at, kept)

    async def finish(
        self, errand: Errand, interaction: Interaction, raw: Mapping[str, str]
    ) -> VerifiedClaims:
        """Return what a wallet proved; ``Conflict`` while it has not, or when it did not."""
        work = errand.work
        said = await asking.result(
            self.platform, work.tenant, UUID(interaction.id), interaction.kept["key"], work.now
        )
        if said["status"] == "waiting":
            raise Conflict("Ví chưa trả lời.", "The wallet has not answered yet.")
        if not said.get("credentials"):
            raise Conflict(
                "Không có giấy tờ nào được xác minh. Hãy làm lại từ đầu.",
                "No paper was verified. Please start again.",
            )
        if LEVELS.index(interaction.kept["assurance"]) > LEVELS.index(self.assurance):
            raise Conflict(
                "Ví chưa đạt mức đảm bảo cần thiết.", "A wallet's assurance is too low for this."
            )
        evidence = hashlib.sha256(msgspec.json.encode(said["credentials"], order="sorted"))
        return VerifiedClaims(
            said["credentials"][0]["claims"],
            self.key,
            self.assurance,
            evidence.hexdigest(),
            work.now,
        )


class Link(_BuiltIn):
    """The plain PDF, by a message."""

    async def deliver(
        self, errand: Errand, result: IssuedResult, holder: Holder, idem: str
    ) -> Delivery:
        """Write to the holder's telephone where the PDF is; ``NotDeliverable`` without telephone or channel."""
        work = errand.work
        sealed = await work.tx.fetchval(_PHONE, holder.id)
        if not sealed:
            raise NotDeliverable(
                "Người dân không để lại số điện thoại.", "The person left no telephone."
            )
        if not notices.reach(self.platform, work.tenant):
            raise NotDeliverable(
                "Cơ quan chưa có kênh nhắn tin.", "This office has no way to write messages."
            )
        link = _page_of(errand, result)
        sent = await notices.send(
            work,
            "result_ready",
            work.vault.open(sealed),
            {"code": result.dossier_code, "link": link},
            language="vi",
            subject=result.dossier_id,
            once=f"result_ready:{idem}",
        )
        return Delivery("offered", receipt=str(sent), link=link)


class Post(_BuiltIn):
    """A letter: staff print the label, and enter what the post calls it."""

    async def deliver(
        self, errand: Errand, result: IssuedResult, holder: Holder, idem: str
    ) -> Delivery:
        """Put it on the list of what is to be posted; ``NotDeliverable`` without an address, wished or known."""
        wish = await handover.of(errand.work, result.dossier_id)
        if not wish.address and not (await holder.read()).address:
            raise NotDeliverable("Người dân không để lại địa chỉ.", "The person left no address.")
        return Delivery("by_staff")


class Counter(_BuiltIn):
    """The last way: whoever comes is handed the paper."""

    async def deliver(
        self, errand: Errand, result: IssuedResult, holder: Holder, idem: str
    ) -> Delivery:
        """Let it lie ready."""
        return Delivery("by_staff")


def built_in(platform: Platform) -> list[WalletChannel]:
    """Return the channels that every tenant has."""
    return [
        Wallet(
            platform, "wallet", "Ví giấy tờ điện tử", "Wallet", _DELIVERS | frozenset({"present"})
        ),
        Link(platform, "link", "Tin nhắn kèm liên kết", "Message with a link"),
        Post(platform, POST, "Bưu điện", "Post"),
        Counter(platform, COUNTER, "Nhận tại quầy", "At the counter"),
    ]


def _page_of(errand: Errand, result: IssuedResult) -> str:
    return f"{errand.base_url}/my/{result.dossier_id}"
