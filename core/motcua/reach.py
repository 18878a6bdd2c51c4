"""Which machines this program may ask: none behind its own door that nobody named.

Addresses of status lists and of other systems come from people and from other systems. A public name can be let
lead to a machine of the inner network (a metadata service, a database, a router), so a name alone proves nothing:
what it was resolved to is judged, at the connection, and the connection goes to what was judged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Names that only a network of one's own answers to (RFC 6762, RFC 8375, RFC 9476 and what resolvers use).
_INSIDE = frozenset({"local", "internal", "arpa", "alt", "lan", "home", "corp"})
# IPv4 behind a translator (RFC 6052): the last four bytes are where it leads.
_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")


class OutOfReachError(Exception):
    """A name leads to an inner address that this installation does not ask."""


@dataclass(frozen=True)
class Reach:
    """What may be asked beside the public net.

    ``networks`` are inner networks an operator named. ``home`` and ``port`` are this installation's own address:
    its tenants' hosts may lie wherever its own resolver says. On an installation at ``localhost`` (a demo)
    this machine may be asked, by a loopback name or by its address, but not by any other name.
    """

    networks: tuple[Network, ...] = ()
    home: str = ""
    port: int = 0

    @property
    def here(self) -> bool:
        """Tell whether this machine itself may be asked."""
        return is_loopback_name(self.home)

    def checked(self, host: str, port: int, found: Sequence[str]) -> list[str]:
        """Return the addresses a host was resolved to, when every one may be asked; ``OutOfReachError`` otherwise."""
        addresses = [_read(text) for text in found]
        if not addresses:
            raise OutOfReachError(f"{host} has no address")
        if not self._own(host, port):
            named = self.here and (is_loopback_name(host) or as_address(host) is not None)
            for one in addresses:
                if not (is_public(one) or self._named(one) or (named and one.is_loopback)):
                    raise OutOfReachError(
                        f"{host} leads to the inner address {one}; an operator can allow its network"
                        " (MOTCUA_INNER_NETWORKS, or `networks` of a signing service)"
                    )
        return [str(one) for one in addresses]

    def _own(self, host: str, port: int) -> bool:
        name = host.lower().rstrip(".")
        mine = name == self.home or name.endswith(f".{self.home}")
        return bool(self.home) and mine and port == self.port

    def _named(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read networks (``10.20.0.0/16``, ``fd12::/16``); ``ValueError`` names the one that is none."""
    return tuple(ip_network(text) for text in texts)


def is_loopback_name(host: str) -> bool:
    """Return whether a name is this machine by definition (RFC 6761 section 6.3)."""
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


def is_public_name(host: str) -> bool:
    """Tell whether a host is a name of the world: no address in any spelling, no name of an inner network."""
    labels = host.rstrip(".").split(".")
    # No name of the world ends in a number; what does is read as an address, in whatever spelling.
    number = ":" in host or labels[-1][:1].isdecimal()
    inside = labels[-1].lower() in _INSIDE or is_loopback_name(host)
    return len(labels) > 1 and not number and not inside


def is_public(address: Address) -> bool:
    """Tell whether an address is of the public net, and not of an inner one in the clothes of IPv6."""
    if isinstance(address, IPv6Address):
        within = _within(address)
        if within is not None:
            return is_public(within)
        if address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast


def as_address(host: str) -> Address | None:
    """Read a host that is written as an address; None for a name."""
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _within(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for: mapped, translated or 6to4."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour


def _read(text: str) -> Address:
    found = as_address(text)
    if found is None:
        raise OutOfReachError(f"{text} is no address")
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
