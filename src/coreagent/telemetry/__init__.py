"""Traces and metrics by OpenTelemetry's conventions for generative AI, kept on this machine unless told otherwise."""

from coreagent.telemetry.facade import Telemetry
from coreagent.telemetry.handles import AgentSpan, ModelSpan, RetrievalSpan, ToolSpan
from coreagent.telemetry.subjects import Call, Card, Info, Reply, Request

__all__ = [
    "AgentSpan",
    "Call",
    "Card",
    "Info",
    "ModelSpan",
    "Reply",
    "Request",
    "RetrievalSpan",
    "Telemetry",
    "ToolSpan",
]
