"""``[knowledge]``: corpora, their embedder, where they are kept and how they are searched."""

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from coreagent.settings.section import Section, http_address


class EmbedderSettings(Section):
    """``[knowledge.embedder]``: what turns text into vectors. A corpus remembers it and refuses another."""

    adapter: Literal["bundled", "openai_compatible", "litellm"] = "bundled"
    model: str = ""
    """Its name at the endpoint."""
    base_url: str = ""
    """For openai_compatible: for example http://127.0.0.1:8000/v1."""
    api_key_env: str = ""
    """Name of the environment variable that holds the key. Keys never stand in the file."""
    dimensions: int | None = Field(default=None, ge=1, le=16_384)
    """Asked of the endpoint where it can shorten vectors; learnt from its first answer when missing."""
    query_prefix: str = ""
    """Put before a question, for models that were trained so ("query: ")."""
    passage_prefix: str = ""
    """Put before a passage ("passage: ")."""
    batch_size: int = Field(default=64, ge=1, le=2_048)
    max_concurrency: int = Field(default=4, ge=1)
    timeout_s: float = Field(default=60.0, gt=0)
    max_attempts: int = Field(default=4, ge=1, le=20)
    placement: Literal["device", "site", "cloud"] = "site"
    clearance: Literal["public", "internal", "confidential"] = "internal"
    """Text above this label is never sent to it."""

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return http_address(value)

    @model_validator(mode="after")
    def _complete(self) -> "EmbedderSettings":
        if self.adapter != "bundled" and not self.model:
            raise ValueError(f"adapter {self.adapter!r} needs model")
        if self.adapter == "openai_compatible" and not self.base_url:
            raise ValueError("adapter 'openai_compatible' needs base_url")
        return self


class RerankerSettings(Section):
    """``[knowledge.reranker]``: a cross-encoder endpoint (``POST base_url/rerank``) that reorders the best passages."""

    base_url: str
    model: str = ""
    api_key_env: str = ""
    passages: int = Field(default=32, ge=2, le=200)
    """How many of the best it is shown."""
    timeout_s: float = Field(default=10.0, gt=0)
    clearance: Literal["public", "internal", "confidential"] = "internal"
    """Passages above this label are never sent to it."""

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return http_address(value)


class IngestSettings(Section):
    """``[knowledge.ingest]``: bounds of reading files. Each is converted in a process of its own."""

    workers: int = Field(default=0, ge=0, le=256)
    """Processes; as many as there are cores when 0."""
    file_seconds: float = Field(default=120.0, gt=0)
    file_memory_mb: int = Field(default=2_048, ge=256)
    max_file_mb: int = Field(default=100, ge=1)
    max_archive_mb: int = Field(default=1_000, ge=1)
    """Bytes that one archive may unpack to."""


class KnowledgeSettings(Section):
    """``[knowledge]``: corpora asked by default (all when empty), where they are kept, how they are searched."""

    corpora: tuple[str, ...] = ()
    dense_index: Literal["auto", "exact", "chroma"] = "auto"
    """An exact scan, or Chroma; ``auto`` takes Chroma above 100,000 chunks."""
    chroma_url: str = ""
    """A ``chroma run`` server, instead of a folder of this machine: for example http://127.0.0.1:8000."""
    database: str = ""
    """``postgresql://user@host/name`` as the source of truth instead of a SQLite file; the password stands in
    PGPASSWORD or in ~/.pgpass."""
    embedder: EmbedderSettings = EmbedderSettings()
    reranker: RerankerSettings | None = None
    ingest: IngestSettings = IngestSettings()
    context: Literal["chunk", "clause"] = "clause"
    """What a model is shown of a hit: the passage that was found, or the clause around it."""
    context_characters: int = Field(default=2_400, ge=200, le=100_000)
    """The most of a clause that is shown."""
    split_questions: bool = True
    """Search each part of a two-part question by itself too."""
    search_options: bool = True
    """Search each option of a multiple-choice question too."""
    collapse_versions: bool = True
    """Of several versions of one document, and of equal passages, show the newest only."""

    @field_validator("chroma_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return http_address(value)

    @field_validator("database")
    @classmethod
    def _is_database(cls, value: str) -> str:
        if value and not re.match(r"postgres(ql)?://", value):
            raise ValueError("only a postgresql:// address is known here; leave it out for SQLite")
        if re.match(r"postgres(ql)?://[^/@\s]*:[^/@\s]+@", value):
            raise ValueError("a password must not stand in the file: use PGPASSWORD or ~/.pgpass")
        return value
