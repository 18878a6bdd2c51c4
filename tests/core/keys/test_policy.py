"""What a province may say about its keys, and what it is told when it says something else."""

from datetime import timedelta
from typing import Any

import pytest

from motcua.errors import Unavailable
from motcua.keys.policy import read_policy
from motcua.keys.signers.secrets import secret_of

MODULE = {"module": "/usr/lib/x.so", "token": "quang-ninh", "pin_env": "PIN"}


def test_who_says_nothing_keeps_keys_in_the_vault_and_rotates_in_time() -> None:
    policy = read_policy({})
    assert policy.signer == "sealed"
    assert (policy.publish_ahead, policy.rotate_before) == (timedelta(hours=24), timedelta(days=90))
    with pytest.raises(ValueError, match=r"settings\.keys\.pkcs11"):
        policy.of_signer("pkcs11")


def test_both_places_may_be_named_while_one_moves_to_the_other() -> None:
    policy = read_policy({"signer": "remote", "pkcs11": MODULE, "remote": {"url": "https://ky"}})
    assert policy.signer == "remote"
    assert policy.of_signer("pkcs11")["token"] == "quang-ninh"


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"signer": "paper"}, "one of sealed, pkcs11, remote"),
        ({"signer": "pkcs11"}, r"add \[settings.keys.pkcs11\]"),
        ({"pkcs11": {"module": "x"}}, "needs module, token"),
        ({"remote": {"url": "https://ky", "password": "x"}}, "may have"),
        ({"remote": {"url": "https://ky", "networks": ["10.0.0.1/8"]}}, "remote.networks"),
        ({"publish_ahead_hours": "24"}, "from 0 to 720"),
        ({"rotate_before_days": 400}, "from 1 to 300"),
        ({"rotate_before_days": True}, "from 1 to 300"),
        ({"sginer": "sealed"}, "no entry 'sginer'"),
        ("sealed", "no entry 'sealed'"),
    ],
)
def test_what_is_wrong_is_named(said: Any, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read_policy(said)


def test_a_pin_is_named_and_never_written_in_the_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("PIN", "1234")
    (tmp_path / "pin").write_text("5678\n")
    assert secret_of(MODULE, "pin") == "1234"
    assert secret_of({"pin_file": str(tmp_path / "pin")}, "pin") == "5678"
    assert secret_of({}, "pin") == ""
    for missing in ({"pin_file": "/nowhere"}, {"pin_env": "NO_SUCH_VARIABLE"}):
        with pytest.raises(Unavailable, match="pin_"):
            secret_of(missing, "pin")
