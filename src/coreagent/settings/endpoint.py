"""``[[models."NAME".endpoints]]``: several addresses that serve the same model."""

from collections.abc import Sequence

from pydantic import Field, field_validator

from coreagent.settings.section import Section, http_address


class EndpointSettings(Section):
    """One of the addresses of a model."""

    base_url: str = Field(min_length=1)
    model: str = ""
    """The model's name at this address; that of the model when empty."""
    api_key_env: str | None = None
    """The variable that holds the key for this address; that of the model when missing, no key when empty."""
    max_concurrency: int | None = Field(default=None, ge=1)
    """Calls at once at this address; that of the model when missing."""

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return http_address(value)


def check_endpoints(endpoints: Sequence[EndpointSettings], *, base_url: str, adapter: str) -> None:
    """Refuse endpoints that do not go with the rest of their model.

    Raises:
        ValueError: with the cause.
    """
    if not endpoints:
        return
    if base_url:
        raise ValueError("give base_url or endpoints, not both")
    if adapter != "openai_compatible":
        raise ValueError(f"endpoints are for the adapter openai_compatible, not {adapter}")
    urls = [entry.base_url.rstrip("/") for entry in endpoints]
    for url in urls:
        if urls.count(url) > 1:
            raise ValueError(f"the endpoint {url} stands twice")
