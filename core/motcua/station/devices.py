"""The devices of a site: paired once with a short code, known by a long token ever after."""

from datetime import timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID

from motcua.errors import Invalid, NotFound, TooManyTries
from motcua.events.work import Work
from motcua.ids import random_code, uuid7
from motcua.queues import nodes
from motcua.tenancy.db import Record, Tx
from motcua.text import nfc
from motcua.web import sessions

KINDS = ("station", "board", "rating", "node")
CODE_LENGTH = 6
CODE_LIFE = timedelta(minutes=15)
WRONG_CODES = 10
"""Wrong codes of one address within ``WRONG_PERIOD``."""

WRONG_CODES_OF_ALL = 300
"""Wrong codes of all addresses together: next to nothing of the 30^6 codes, and no one address reaches it."""

WRONG_PERIOD = timedelta(minutes=15)

_STATION = """
select id from device where site_id = $1 and kind = 'station' and name = $2 and forgotten_at is null
for update
"""
_KNOWN = """
select id from device where site_id = $1 and kind = $2 and name = $3 and forgotten_at is null
for update
"""
_NEW = """
insert into device (id, site_id, kind, name, pair_code_hash, pair_expires_at)
values ($1, $2, $3, $4, $5, $6)
"""
_RENEW = "update device set pair_code_hash = $2, pair_expires_at = $3 where id = $1"
_TAKE = """
update device d set pair_code_hash = null, pair_expires_at = null, paired_at = $2,
  health = case when $3 = '' then '{}' else health end
from site s
where s.tenant_id = d.tenant_id and s.id = d.site_id and d.pair_code_hash = $1
  and d.pair_expires_at > $2 and d.forgotten_at is null
returning d.id, d.kind, d.name, s.key
"""
_SITE = "select 1 from site where id = $1"
# A station and the printer beside it are one device with two sessions: each is paired anew by itself.
_SIGN_OUT = """
delete from web_session where kind = 'device' and subject = $1
  and ($2::text is null or (data->>'kind' = 'printer') = ($2 = 'printer'))
"""
_FORGET = """
update device set forgotten_at = $2, pair_code_hash = null, pair_expires_at = null
where id = $1 and forgotten_at is null returning id
"""
_LIST = """
select id, kind, name, paired_at, seen_at, pair_expires_at, health, help_since from device
where site_id = $1 and forgotten_at is null order by kind, name
"""
# Wrong codes are events of the tenant: counted over all processes, by the index on the subject.
_WRONG = """
select count(*) as all, count(*) filter (where payload->>'client' = $3) as mine
from event where subject = $1 and type = 'device.pair_refused' and at > $2
"""
_ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended('pair ' || $1::text, 0))"


async def make_code(work: Work, site_id: UUID, kind: str, name: str) -> str:
    """Return a code of six characters by which a device is paired within 15 minutes, once.

    A device of this name at the site is paired anew; what it was signed in with ends at the pairing. The
    kind ``printer`` pairs the printer's agent of the station of this name (``motcua printer``). ``Invalid``
    for a wrong kind or an empty name, ``NotFound`` for a site that does not exist.
    """
    name = nfc(name)[:60]
    if kind == "printer":
        return await _printer_code(work, site_id, name)
    if kind not in KINDS or not name:
        raise Invalid(
            said := "Hãy chọn loại thiết bị và đặt tên cho thiết bị.",
            "Choose the kind of device and give it a name.",
            fields={"name": said},
        )
    if not await work.tx.fetchval(_SITE, site_id):
        raise NotFound("Không có điểm tiếp nhận này.", "There is no such site.")
    code = random_code(CODE_LENGTH)
    hashed, until = _hash(work, code), work.now + CODE_LIFE
    device_id = await work.tx.fetchval(_KNOWN, site_id, kind, name)
    if device_id is None:
        device_id = uuid7()
        await work.tx.execute(_NEW, device_id, site_id, kind, name, hashed, until)
    else:
        await work.tx.execute(_RENEW, device_id, hashed, until)
    work.emit("device.code_made", device_id, {"kind": kind})
    return code


async def _printer_code(work: Work, site_id: UUID, name: str) -> str:
    station = await work.tx.fetchval(_STATION, site_id, name)
    if station is None:
        raise Invalid(
            said := "Không có trạm nào mang tên này tại đây. Nhập đúng tên của trạm có máy in.",
            "No station here has this name. Enter the name of the station that the printer belongs to.",
            fields={"name": said},
        )
    code = random_code(CODE_LENGTH)
    await work.tx.execute(_RENEW, station, _hash(work, code, "printer"), work.now + CODE_LIFE)
    work.emit("device.code_made", station, {"kind": "printer"})
    return code


async def pair(work: Work, code: str, part: str = "") -> tuple[UUID, str]:
    """Pair the device that asks: return its id and its session token; ``Invalid`` for a wrong code.

    ``part`` is empty for the device itself, ``printer`` for the agent beside it: a code is made for one of
    them and opens nothing for the other. Wrong, used, expired and another tenant's code look the same.
    """
    row = await work.tx.fetchrow(_TAKE, _hash(work, code, part), work.now, part)
    if row is None:
        raise Invalid(
            said := "Mã không đúng, đã dùng hoặc đã quá 15 phút. Hãy xin mã mới từ quản trị viên.",
            "The code is wrong, was used or is older than 15 minutes. Ask an administrator for a new one.",
            fields={"code": said},
        )
    kind = part or row["kind"]
    await work.tx.execute(_SIGN_OUT, row["id"], kind)
    data = {"site": row["key"], "kind": kind}
    token = await sessions.start(work, "device", row["id"], row["name"], data=data)
    work.emit("device.paired", row["id"], {"kind": kind})
    return UUID(bytes=row["id"].bytes), token


async def pair_or_count(
    work: Work, code: str, address: str, part: str = ""
) -> tuple[UUID, str] | Invalid:
    """Pair, or count a wrong code and return what to say: the caller commits, then raises it.

    ``address`` is the network address of whoever asks. ``TooManyTries`` after ten wrong codes from there
    within 15 minutes, so that nobody locks out the devices of others; and after 300 of the tenant. Tries
    stand in line, so that many at once are counted like many in turn.
    """
    await work.tx.execute(_ONE_AT_A_TIME, str(work.tenant.id))
    client = _client(work, address)
    wrong = await work.tx.fetchrow(_WRONG, work.tenant.id, work.now - WRONG_PERIOD, client)
    if wrong and (wrong["mine"] >= WRONG_CODES or wrong["all"] >= WRONG_CODES_OF_ALL):
        raise TooManyTries(
            "Đã có nhiều mã sai. Hãy chờ 15 phút rồi thử lại với mã mới.",
            "There were many wrong codes. Wait 15 minutes, then try again with a new code.",
        )
    try:
        return await pair(work, code, part)
    except Invalid as refused:
        work.emit("device.pair_refused", work.tenant.id, {"client": client})
        return refused


async def devices_of(tx: Tx, site_id: UUID) -> list[Record]:
    """Return the devices of a site: id, kind, name, paired_at, seen_at, pair_expires_at, health, help_since."""
    return await tx.fetch(_LIST, site_id)


async def forget(work: Work, device_id: UUID) -> None:
    """Take a device's session and its place in the list; it has to be paired anew."""
    if await work.tx.fetchval(_FORGET, device_id, work.now) is None:
        raise NotFound("Không có thiết bị này.", "There is no such device.")
    await work.tx.execute(_SIGN_OUT, device_id, None)
    await nodes.forsake(work, device_id)
    work.emit("device.forgotten", device_id)


def _client(work: Work, address: str) -> str:
    """Return what the log keeps of an address: an HMAC. IPv6 counts by its network, which one machine owns."""
    try:
        known = ip_address(address)
    except ValueError:
        return work.vault.index(f"pair client {address}").hex()[:16]
    network = ip_network((known, 64 if known.version == 6 else 32), strict=False)
    return work.vault.index(f"pair client {network}").hex()[:16]


def _hash(work: Work, code: str, part: str = "") -> bytes:
    """Return what is stored of a code: an HMAC, since six characters are soon tried out."""
    return work.vault.index(f"pair {part}{code.strip().upper().replace(' ', '')}")
