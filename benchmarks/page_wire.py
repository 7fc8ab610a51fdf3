"""What a run of a page sends to the browser, in bytes, as the server would send it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import create_reference_msg
from streamlit.testing.v1 import element_tree, local_script_runner


@dataclass(slots=True)
class Wire:
    """One tab's connection: a large message of the run before is sent as its name alone."""

    sent: int = 0
    """Bytes of the last run."""
    _known: set[str] = field(default_factory=set)

    def send(self, messages: Sequence[ForwardMsg]) -> None:
        """Note what a run sends."""
        self.sent = sum(self._as_sent(message).ByteSize() for message in messages)
        self._known = {message.hash for message in messages if message.metadata.cacheable}

    def _as_sent(self, message: ForwardMsg) -> ForwardMsg:
        return create_reference_msg(message) if message.hash in self._known else message


@contextmanager
def listening() -> Iterator[Wire]:
    """Hear what the headless client's runs send; for one page at a time."""
    wire = Wire()
    understood = element_tree.parse_tree_from_messages

    def hear(messages: list[ForwardMsg]) -> Any:
        wire.send(messages)
        return understood(messages)

    with patch.object(local_script_runner, "parse_tree_from_messages", hear):
        yield wire
