"""Makes the clips of a board's voice with espeak-ng, where it is installed."""

import array
import asyncio
import shutil
import subprocess
import sys
import wave
from pathlib import Path

from motcua.board.voice import spoken
from motcua.errors import Unavailable

PROGRAM = "espeak-ng"
WORDS_A_MINUTE = 135
_QUIET = 300
"""Samples (16 bit) below this are silence."""

_BREATH = 0.03
"""Seconds of silence that stay before and after a word."""


def make(folder: Path, voice: str = "vi") -> int:
    """Write every clip as WAV into a folder; returns how many. Files that are there are replaced.

    ``Unavailable`` when espeak-ng is not installed or does not know the voice.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise Unavailable(
            "Chưa cài espeak-ng. Cài bằng: apt-get install espeak-ng; hoặc chép bản thu âm vào thư mục.",
            "espeak-ng is not installed. Install it (apt-get install espeak-ng), or put recordings into "
            "the folder, named by what they say.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    known = spoken()
    for name, words in known.items():
        _speak(program, voice, words, folder / f"{name}.wav")
    return len(known)


async def complete(folder: Path, voice: str = "vi") -> int:
    """Write the clips that are not there yet, one after the other; returns how many, 0 without espeak-ng.

    It may be cancelled between two clips; the next time goes on from there. ``Unavailable`` when espeak-ng
    does not know the voice.
    """
    program = shutil.which(PROGRAM)
    files = {folder / f"{name}.wav": words for name, words in spoken().items()}
    lacking = {file: words for file, words in files.items() if not file.exists()}
    if program is None or not lacking:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    for file, words in lacking.items():
        await asyncio.to_thread(_speak, program, voice, words, file)
    return len(lacking)


def _speak(program: str, voice: str, words: str, file: Path) -> None:
    # Under another ending first: whoever looks for clips meanwhile finds whole ones.
    raw = file.with_suffix(".part")
    command = [program, "-v", voice, "-s", str(WORDS_A_MINUTE), "-z", "-w", str(raw), words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode or not raw.is_file():
        raise Unavailable(
            f"espeak-ng không đọc được: {done.stderr.strip()}",
            f"espeak-ng could not speak: {done.stderr.strip()}",
        )
    trim(raw)
    raw.replace(file)


def trim(file: Path) -> None:
    """Cut the silence at both ends of a mono WAV of 16 bit, so that clips join to a sentence."""
    with wave.open(str(file)) as sound:
        about = sound.getparams()
        samples = array.array("h", sound.readframes(about.nframes))
    if sys.byteorder == "big":
        samples.byteswap()
    loud = [n for n, value in enumerate(samples) if abs(value) > _QUIET]
    if not loud:
        return
    breath = int(about.framerate * _BREATH)
    kept = samples[max(0, loud[0] - breath) : loud[-1] + breath]
    if sys.byteorder == "big":
        kept.byteswap()
    with wave.open(str(file), "wb") as sound:
        sound.setparams(about._replace(nframes=len(kept)))
        sound.writeframes(kept.tobytes())
