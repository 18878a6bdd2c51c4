"""Installs and runs the software of others: packages of npm, fetched once and kept outside of the repository."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
_FILES = ("package.json", "package-lock.json")
_OLDEST = 20
_NOT_TRIED = "other people's wallet software is not tried"


def install() -> Path:
    """Return the folder with the packages; skips with a reason where they cannot be had (fails under CI)."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        _without("node and npm are not installed")
    version = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.strip().lstrip("v").split(".")[0]) < _OLDEST:
        pytest.skip(f"node {version.stdout.strip()} is older than {_OLDEST}: {_NOT_TRIED}")
    mark = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _FILES)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"motcua-oracles-{os.getuid()}-{mark}"
    if not (folder / "complete").exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        for name in _FILES:
            shutil.copy(HERE / name, folder)
        words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(
            [str(npm), *words], cwd=folder, capture_output=True, text=True, check=False, timeout=300
        )
        if done.returncode:
            _without(f"npm could not fetch the packages: {done.stderr.strip()[:300]}")
        (folder / "complete").touch()
    shutil.copy(HERE / "wallet.mjs", folder)
    return folder


def _without(why: str) -> None:
    said = f"{why}: {_NOT_TRIED}"
    if os.environ.get("CI"):
        pytest.fail(said)
    pytest.skip(said)


def run(folder: Path, job: str, **about: Any) -> Any:
    """Do one job of ``wallet.mjs``; a refusal comes back as ``{"refused": …}``."""
    done = subprocess.run(
        [str(shutil.which("node")), "wallet.mjs"],
        cwd=folder,
        input=json.dumps({"job": job, **about}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
