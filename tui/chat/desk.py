"""Everything behind the prompt: the open conversation, and the widgets that show it."""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from coreagent.conversations.records import Conversation, Turn
from coreagent.errors import CoreAgentError, UnknownNameError
from coreagent.events import PendingCall
from coreagent.tui.approvals.approval_screen import ApprovalScreen
from coreagent.tui.approvals.ruling import Ruling
from coreagent.tui.chat.conversing import Conversing
from coreagent.tui.chat.keeping import Keeper
from coreagent.tui.chat.pages import StoredTurns
from coreagent.tui.seams.chat import Timed
from coreagent.tui.seams.engine import Engine, Facts
from coreagent.tui.transcript.transcript import Transcript
from coreagent.tui.work.meters import Meters, Reading
from coreagent.tui.work.record import RunRecord
from coreagent.tui.work.work_pane import WorkPane

if TYPE_CHECKING:
    from coreagent.tui.chat.screen import ChatScreen

RECORDS_KEPT = 16
"""Runs whose events are held; those of others are read from the run store when they are looked at."""


class Desk:
    """Joins the controller of a conversation with the widgets. It is the controller's listener."""

    def __init__(self, screen: "ChatScreen") -> None:
        self.screen = screen
        self.app = screen.chat
        self.transcript = Transcript()
        self.work = WorkPane()
        self.meters = Meters()
        self.facts: Facts | None = None
        self.conversing: Conversing | None = None
        self.keeper: Keeper | None = None
        self.reading_only = ""
        """Who holds the conversation, in words; empty: we do."""
        self._records: OrderedDict[str, RunRecord] = OrderedDict()
        self._shown_record = ""
