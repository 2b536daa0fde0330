"""How long a call may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Limits of one call, in seconds. Waiting for a free slot of the endpoint counts towards none of them.

    ``connect_s`` bounds name lookup and connection, ``first_token_s`` the time from sending a streamed request to its
    first token, ``total_s`` the whole call.
    """

    connect_s: float = 5.0
    first_token_s: float = 60.0
    total_s: float = 300.0


DEFAULT_TIMEOUTS = Timeouts()
