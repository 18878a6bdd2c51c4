import asyncio
import os
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


needs_espeak = pytest.mark.skipif(
    not shutil.which("espeak-ng"), reason="espeak-ng is not installed"
)


@needs_espeak
def test_the_command_makes_every_clip(tmp_path: Path) -> None:
    said = CliRunner().invoke(cli.main, ["board-voice", "--out", str(tmp_path / "clips")])
    assert said.exit_code == 0, said.output
    made = {file.stem for file in (tmp_path / "clips").iterdir()}
    assert made == set(voice.spoken())
    with wave.open(str(tmp_path / "clips" / "moi-so.wav")) as sound:
        assert 0.2 < sound.getnframes() / sound.getframerate() < 1.5


@needs_espeak
def test_the_command_needs_nothing_but_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("MOTCUA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MOTCUA_DATA", str(tmp_path))
    said = CliRunner().invoke(cli.main, ["board-voice"])
    assert said.exit_code == 0, said.output
    assert len(list((tmp_path / "voice").iterdir())) == len(voice.spoken())


@needs_espeak
@pytest.mark.anyio
async def test_only_the_clips_that_are_not_there_are_made(tmp_path: Path) -> None:
    folder = tmp_path / "voice"
    assert await voice_maker.complete(folder) == len(voice.spoken())
    (folder / "a.wav").write_bytes(b"a recording")
    (folder / "7.wav").unlink()
    assert await voice_maker.complete(folder) == 1
    assert (folder / "a.wav").read_bytes() == b"a recording"
    assert {file.name for file in folder.iterdir()} == {f"{name}.wav" for name in voice.spoken()}
    assert await voice_maker.complete(folder) == 0


@pytest.mark.anyio
async def test_a_demo_without_the_program_makes_no_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert await voice_maker.complete(tmp_path / "voice") == 0
    assert not (tmp_path / "voice").exists()


@needs_espeak
@pytest.mark.anyio
async def test_a_demo_that_is_stopped_meanwhile_leaves_whole_clips_and_goes_on_later(
    tmp_path: Path,
) -> None:
    making = asyncio.create_task(voice_maker.complete(tmp_path))
    while not list(tmp_path.glob("*.wav")):
        await asyncio.sleep(0)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    made = len(list(tmp_path.glob("*.wav")))
    assert made < len(voice.spoken())
    assert await voice_maker.complete(tmp_path) <= len(voice.spoken()) - made
    assert voice.spoken().keys() == {file.stem for file in tmp_path.glob("*.wav")}
