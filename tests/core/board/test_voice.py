import shutil
import wave
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from motcua import cli
from motcua.board import voice, voice_maker
from motcua.errors import Unavailable
from motcua.platform import Platform

from ...conftest import Browser
from ..queues.conftest import Hall, hall

__all__ = ["hall"]


def test_numbers_are_said_as_people_say_them() -> None:
    said = {n: voice.number(n) for n in (0, 4, 10, 15, 20, 21, 35, 44, 99)}
    assert said == {
        0: "không", 4: "bốn", 10: "mười", 15: "mười lăm", 20: "hai mươi", 21: "hai mươi mốt",
        35: "ba mươi lăm", 44: "bốn mươi bốn", 99: "chín mươi chín",
    }  # fmt: skip


def test_every_letter_and_number_has_a_clip() -> None:
    known = voice.spoken()
    assert {chr(n) for n in range(97, 123)} | {str(n) for n in range(100)} <= set(known)
    assert known["moi-so"] == "Mời số"
    assert len(set(known.values())) == len(known), "no two clips say the same"


@pytest.mark.anyio
async def test_recordings_of_the_tenant_come_first(hall: Hall, tmp_path: Path) -> None:
    settings = replace(hall.platform.settings, data=tmp_path / "data", tenants=tmp_path / "tenants")
    own, common = voice.folders(settings, hall.tenant)
    for folder, names in ((common, ("a.wav", "0.wav", "no..wav", "x.txt")), (own, ("a.ogg",))):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).touch()
    assert voice.clips(settings, hall.tenant) == {"a": "a.ogg", "0": "0.wav"}
    assert voice.clip(settings, hall.tenant, "a.ogg") == own / "a.ogg"
    assert voice.clip(settings, hall.tenant, "0.wav") == common / "0.wav"
    for name in ("../0.wav", "x.txt", "0", ".wav", "no..wav", "0.wav/..", "9.wav"):
        assert voice.clip(settings, hall.tenant, name) is None


@pytest.mark.anyio
async def test_clips_are_served_and_nothing_else(
    hall: Hall, browse: Browser, platform: Platform
) -> None:
    folder = platform.settings.data / "voice"
    folder.mkdir(exist_ok=True)
    (folder / "zz.wav").write_bytes(b"RIFF")
    client = browse(hall.tenant.slug)
    answer = await client.get("/board/sanh/voice/zz.wav")
    assert (answer.status_code, answer.content) == (200, b"RIFF")
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert "&#34;zz&#34;: &#34;zz.wav&#34;" in (await client.get("/board/sanh")).text
    for path in ("sanh/voice/secret.key", "sanh/voice/..%2fsecret.key", "nowhere/voice/zz.wav"):
        assert (await client.get(f"/board/{path}")).status_code == 404


def test_silence_is_cut_off_both_ends(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, 1000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 500) + b"\xff\x3f" * 100 + bytes(2 * 900))
    voice_maker.trim(file)
    with wave.open(str(file)) as sound:
        assert 155 <= sound.getnframes() <= 165
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, 1000, 0, "NONE", ""))
        sound.writeframes(bytes(100))
    voice_maker.trim(file)
    assert file.stat().st_size > 100, "silence stays silence"


def test_without_the_program_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(Unavailable, match="apt-get install espeak-ng"):
        voice_maker.make(tmp_path)


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
def test_the_command_makes_every_clip(tmp_path: Path) -> None:
    said = CliRunner().invoke(cli.main, ["board-voice", "--out", str(tmp_path / "clips")])
    assert said.exit_code == 0, said.output
    made = {file.stem for file in (tmp_path / "clips").iterdir()}
    assert made == set(voice.spoken())
    with wave.open(str(tmp_path / "clips" / "moi-so.wav")) as sound:
        assert 0.2 < sound.getnframes() / sound.getframerate() < 1.5
