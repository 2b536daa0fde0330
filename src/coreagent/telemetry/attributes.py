"""Attribute names and values, from open-telemetry/semantic-conventions-genai (status: development).

What the conventions have no name for stands under ``coreagent.``: the routing decision and the cost. Prompts, answers,
queries, arguments and results are content; they are only built when content is switched on, with secrets masked.
"""

import json
from collections.abc import Sequence

from coreagent.answer import Answer
from coreagent.decision import Candidate, Decision
from coreagent.messages import Message, Usage
from coreagent.secrets import mask, mask_json_text
from coreagent.telemetry.subjects import Call, Card, Info, Reply, Request

Value = str | bool | int | float | Sequence[str]
Attributes = dict[str, Value]

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
ERROR_TYPE = "error.type"

_CANDIDATE = tuple(Candidate.__dataclass_fields__)

_LITELLM_PROVIDERS = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}


def in_process(card: Card) -> bool:
    """True for models that run inside this process."""
    return card.adapter in ("builtin", "scripted")


def provider(card: Card) -> str:
    """``gen_ai.provider.name``: the well-known name where there is one, ``openai`` for its protocol elsewhere."""
    if in_process(card):
        return "coreagent"
    if card.adapter == "litellm" and "/" in card.model:
        prefix = card.model.partition("/")[0]
        return _LITELLM_PROVIDERS.get(prefix, prefix)
    return "openai"


def agent_start(run_id: str, name: str, conversation_id: str, question: str, *, content: bool) -> Attributes:
    """Attributes of an ``invoke_agent`` span at its start."""
    found: Attributes = {OPERATION: "invoke_agent", "gen_ai.agent.name": name, "coreagent.run_id": run_id}
    if conversation_id:
        found["gen_ai.conversation.id"] = conversation_id
    if content and question:
        found["gen_ai.input.messages"] = _messages((Message.user(question),))
    return found


def agent_end(answer: Answer, *, content: bool) -> Attributes:
    """Attributes of an ``invoke_agent`` span at its end."""
    found: Attributes = {
        "coreagent.status": answer.status,
        "coreagent.verdict": answer.verdict.outcome,
        "coreagent.verdict.score": answer.verdict.score,
        "coreagent.cost_usd": answer.cost_usd,
        **usage(answer.usage),
    }
    if content:
        found["gen_ai.output.messages"] = _messages((Message.assistant(answer.text),))
    return found


def model_start(card: Card, request: Request, *, stream: bool, content: bool) -> Attributes:
    """Attributes of a ``chat`` span at its start."""
    found: Attributes = {
        OPERATION: "chat",
        PROVIDER: provider(card),
        "gen_ai.request.model": card.model,
        "gen_ai.request.temperature": request.temperature,
        "gen_ai.output.type": "text" if request.response_schema is None else "json",
        "coreagent.model": card.name,
        "coreagent.placement": card.placement,
    }
    if stream:
        found["gen_ai.request.stream"] = True
    if request.max_tokens is not None:
        found["gen_ai.request.max_tokens"] = request.max_tokens
    if request.seed is not None:
        found["gen_ai.request.seed"] = request.seed
    if request.stop:
        found["gen_ai.request.stop_sequences"] = request.stop
    if content:
        found["gen_ai.input.messages"] = _messages(request.messages)
    return found


def decision(record: Decision) -> Attributes:
    """The routing decision under ``coreagent.decision``; the candidates as JSON."""
    found: Attributes = {
        "coreagent.decision.subtask": record.subtask,
        "coreagent.decision.role": record.role,
        "coreagent.decision.policy": record.policy,
        "coreagent.decision.model": record.model,
        "coreagent.decision.reason": record.reason,
        "coreagent.decision.candidates": json.dumps(
            [{name: getattr(candidate, name) for name in _CANDIDATE} for candidate in record.candidates]
        ),
    }
    if record.threshold is not None:
        found["coreagent.decision.threshold"] = record.threshold
    if record.fallbacks:
        found["coreagent.decision.fallbacks"] = record.fallbacks
    if record.probability is not None:
        found["coreagent.decision.probability"] = record.probability
    if record.risk is not None:
        found["coreagent.decision.risk"] = record.risk
    if record.notes:
        found["coreagent.decision.notes"] = record.notes
    others: Attributes = {
        "escalated_from": record.escalated_from,
        "decided_by": record.decided_by,
        "domain": record.domain,
        "input_tokens": record.input_tokens,
        "output_tokens": record.output_tokens,
        "conduct": record.conduct,
    }
    found.update({f"coreagent.decision.{name}": value for name, value in others.items() if value})
    return found


def model_end(card: Card, reply: Reply, *, content: bool) -> Attributes:
    """Attributes of a ``chat`` span at its end. An unknown price leaves the cost out."""
    found: Attributes = {
        "gen_ai.response.model": reply.model,
        "gen_ai.response.finish_reasons": (reply.finish_reason,),
        **usage(reply.usage),
    }
    if card.price.known:
        found["coreagent.cost_usd"] = card.price.cost_usd(reply.usage.input_tokens, reply.usage.output_tokens)
    if content:
        found["gen_ai.output.messages"] = _messages(
            (Message.assistant(reply.text, reply.tool_calls),), finish_reason=reply.finish_reason
        )
    return found


def tool_start(info: Info, call: Call, *, content: bool) -> Attributes:
    """Attributes of an ``execute_tool`` span at its start."""
    found: Attributes = {
        OPERATION: "execute_tool",
        "gen_ai.tool.name": info.name,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.description": info.description,
        "gen_ai.tool.call.id": call.id,
        "coreagent.tool.effect": info.effect,
    }
    if content:
        found["gen_ai.tool.call.arguments"] = mask_json_text(call.arguments)
    return found


def retrieval_start(query: str, corpora: Sequence[str], *, content: bool) -> Attributes:
    """Attributes of a ``retrieval`` span at its start."""
    found: Attributes = {OPERATION: "retrieval", PROVIDER: "coreagent", "coreagent.corpora": tuple(corpora)}
    if len(corpora) == 1:
        found["gen_ai.data_source.id"] = corpora[0]
    if content:
        found["gen_ai.retrieval.query.text"] = mask(query)
    return found


def retrieval_end(documents: Sequence[tuple[str, float]], confidence: float | None) -> Attributes:
    """Attributes of a ``retrieval`` span at its end: ids and scores of what was found, no text."""
    found: Attributes = {
        "coreagent.retrieval.hits": len(documents),
        "gen_ai.retrieval.documents": json.dumps([{"id": name, "score": round(score, 4)} for name, score in documents]),
    }
    if confidence is not None:
        found["coreagent.retrieval.confidence"] = confidence
    return found


def usage(used: Usage) -> Attributes:
    """Token counts."""
    return {"gen_ai.usage.input_tokens": used.input_tokens, "gen_ai.usage.output_tokens": used.output_tokens}


def _messages(messages: Sequence[Message], *, finish_reason: str = "") -> str:
    """Messages in the conventions' JSON form: a role and parts."""
    shown: list[dict[str, object]] = []
    for message in messages:
        parts: list[dict[str, object]] = []
        if message.author == "tool":
            parts.append({"type": "tool_call_response", "id": message.tool_call_id, "response": message.content})
        elif message.content:
            parts.append({"type": "text", "content": message.content})
        parts.extend(
            {"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments}
            for call in message.tool_calls
        )
        turn: dict[str, object] = {"role": message.author, "parts": parts}
        if finish_reason:
            turn["finish_reason"] = finish_reason
        shown.append(turn)
    return mask_json_text(json.dumps(shown, ensure_ascii=False))
