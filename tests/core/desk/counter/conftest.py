"""Somebody sits at the first counter of the office."""

import pytest

from ..conftest import Office, SitDown
from .seat import Seat


@pytest.fixture
async def seat(office: Office, sit: SitDown) -> Seat:
    seat = Seat(office, sit(office.staff["receiver"]))
    await seat.press("open")
    return seat
