"""TensorBoard event files, by tensorboard's own writer; torch's would import torch."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

# tensorboard has no type hints.
from tensorboard.compat.proto.event_pb2 import (  # type: ignore[import-untyped]
    Event,
    SessionLog,
)
from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[import-untyped]
from tensorboard.plugins.text.summary_v2 import text_pb  # type: ignore[import-untyped]
from tensorboard.summary.writer.event_file_writer import (  # type: ignore[import-untyped]
    EventFileWriter,
)

from fmnist_bench.tracking.pictures import png


class EventFile:
    """One event file in `folder`. What earlier files there say from step 0 on is void."""

    def __init__(self, folder: Path) -> None:
        self._writer = EventFileWriter(str(folder))
        # Readers drop what they have read, and are told all of it again.
        self._add(0, session_log=SessionLog(status=SessionLog.START))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write numbers by tag; on disk when this returns."""
        scalars = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        self._add(step, summary=Summary(value=scalars))
        self._writer.flush()

    def text(self, tag: str, text: str) -> None:
        """Write a text that is shown as it is."""
        # What is indented by four spaces is no Markdown.
        self._add(0, summary=text_pb(tag, "    " + text.replace("\n", "\n    ")))

    def picture(self, tag: str, step: int, picture: Image.Image) -> None:
        """Write a grey picture."""
        image = Summary.Image(
            encoded_image_string=png(picture),
            colorspace=1,
            width=picture.width,
            height=picture.height,
        )
        self._add(step, summary=Summary(value=[Summary.Value(tag=tag, image=image)]))

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()

    def _add(self, step: int, **content: Any) -> None:
        self._writer.add_event(Event(wall_time=time.time(), step=step, **content))
