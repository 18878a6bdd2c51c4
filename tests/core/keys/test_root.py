"""The root's key can be taken away, and what needs it says so."""

from dataclasses import replace
from pathlib import Path

import pytest

from motcua import clock
from motcua.errors import Unavailable
from motcua.keys import root
from motcua.settings import Settings
from motcua.wallet import certificates, jose

PHRASE = "một câu rất dài và khó đoán"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    empty = Settings("", "", "", "", b"k" * 32, tmp_path / "data", tmp_path)
    root.load_or_make(empty, clock.now())
    return empty


def test_the_key_goes_to_a_file_and_comes_back(settings: Settings, tmp_path: Path) -> None:
    stick = tmp_path / "stick.pem"
    before = root.load_or_make(settings, clock.now())
    assert root.take_away(settings, stick, PHRASE).key_here is False
    assert not root.key_file(settings).exists()
    with pytest.raises(Unavailable) as refused:
        root.load_or_make(settings, clock.now())
    assert "bring-back" in refused.value.en
    assert not root.available(settings)
    assert root.bring_back(settings, stick, PHRASE).key_here
    after = root.load_or_make(settings, clock.now())
    assert jose.thumbprint(after.key) == jose.thumbprint(before.key)


def test_a_key_that_is_lent_is_never_written_here(settings: Settings, tmp_path: Path) -> None:
    stick = tmp_path / "stick.pem"
    root.take_away(settings, stick, PHRASE)
    with root.lent(settings, stick, PHRASE) as above:
        assert above.key.is_private
    assert not root.key_file(settings).exists()


def test_nothing_is_lost_when_taking_away_fails(settings: Settings, tmp_path: Path) -> None:
    taken = tmp_path / "there.pem"
    taken.write_text("another one's")
    for file, phrase, said in ((taken, PHRASE, "exists"), (tmp_path / "new", "short", "12")):
        with pytest.raises(ValueError, match=said):
            root.take_away(settings, file, phrase)
    assert taken.read_text() == "another one's"
    assert root.key_file(settings).exists()


def test_neither_another_roots_key_nor_a_wrong_passphrase_is_taken(
    settings: Settings, tmp_path: Path
) -> None:
    stick, other = tmp_path / "stick.pem", replace(settings, data=tmp_path / "other")
    root.take_away(settings, stick, PHRASE)
    root.load_or_make(other, clock.now())
    foreign = tmp_path / "foreign.pem"
    root.take_away(other, foreign, PHRASE)
    for file, phrase, said in ((stick, PHRASE + ".", "passphrase"), (foreign, PHRASE, "another")):
        with pytest.raises(ValueError, match=said):
            root.bring_back(settings, file, phrase)
    assert not root.key_file(settings).exists()


def test_the_key_on_this_machine_is_no_use_without_the_installations_secret(
    settings: Settings, tmp_path: Path
) -> None:
    thief = replace(settings, secret_key=b"x" * 32)
    with pytest.raises(ValueError, match="does not open"):
        root.load_or_make(thief, clock.now())


def test_a_plain_key_of_an_older_installation_is_still_read(settings: Settings) -> None:
    made = certificates.make_root("Gốc cũ", now=clock.now())
    root.certificate_file(settings).write_bytes(certificates.to_pem(made.certificate))
    root.key_file(settings).write_bytes(jose.key_to_pem(made.key))
    found = root.load_or_make(settings, clock.now())
    assert jose.thumbprint(found.key) == jose.thumbprint(made.key)
