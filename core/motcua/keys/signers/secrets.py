"""PINs and tokens of signers: named in the tenant's settings, kept in the environment or in a file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from motcua.keys.signers.base import unavailable


def secret_of(settings: Mapping[str, Any], name: str) -> str:
    """Return the secret behind ``<name>_file`` or ``<name>_env``; empty when neither is named.

    ``Unavailable`` when the file or the variable is not there.
    """
    if file := settings.get(f"{name}_file"):
        try:
            return Path(str(file)).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise unavailable(f"{name}_file", error) from error
    if variable := settings.get(f"{name}_env"):
        found = os.environ.get(str(variable))
        if found is None:
            raise unavailable(f"{name}_env", f"the variable {variable} is not set")
        return found
    return ""
