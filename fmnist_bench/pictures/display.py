"""Opening a picture on the display, where there is one and somebody sits before it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def display(path: Path) -> bool:
    """Open `path` in the desktop's own viewer; tell whether that was tried.

    Only with a display and a terminal: a script or a remote session gets the file alone.
    """
    mac = sys.platform == "darwin"
    opener = shutil.which("open" if mac else "xdg-open")
    screen = mac or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not (opener and screen and sys.stdout.isatty()):
        return False
    quiet = subprocess.DEVNULL
    # In a session of its own, so that Ctrl-C here does not close the viewer.
    subprocess.Popen(
        [opener, str(path)], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    return True
