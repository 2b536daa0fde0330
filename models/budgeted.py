"""A model that cannot overspend: reserve the worst case before a call, settle the truth after it."""

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from coreagent.budget import Ledger, Reservation, Spent
from coreagent.errors import (
    BudgetExceededError,
    ModelError,
    ModelProtocolError,
    ModelTimeoutError,
    ModelUnreachableError,
    SettingsError,
    StreamCutError,
)
from coreagent.messages import Usage
from coreagent.models.chat import (
    ChatModel,
    ChatRequest,
    Chunk,
    Completion,
    TextDelta,
    estimate_input_tokens,
    estimate_tokens,
)
from coreagent.models.energy import ENERGY_MEND
from coreagent.models.forecast import Forecast, Forecasts
from coreagent.models.playing import role_played
from coreagent.models.prices import PRICE_MEND
from coreagent.models.wire import output_limit
from coreagent.models.wrapper import WrappedModel, closing_stream


@dataclass(frozen=True, slots=True)
class _Booking:
    """A call that has its room: what is sent, the tokens it may take, and the limit that the caller had set."""

    request: ChatRequest
    usage: Usage
    most: int
    reservation: Reservation

    def cut_short(self, completion: Completion) -> bool:
        """True when the answer ended at a limit of ours that is below the caller's."""
        return completion.finish_reason == "length" and self.usage.output_tokens < self.most


class Budgeted(WrappedModel):
    """Books every call of ``inner`` in ``ledger``.

    The worst case is reserved: the estimated input, and the limit on output tokens, which is sent along so that the
    endpoint cannot write more. Where the worst case does not fit, and ``forecasts`` has seen enough calls of the model
    in its role, what nearly all of them took is reserved instead, and sent along as a lower limit. An answer that this
    limit cuts is paid for and asked for once more, whole, if the worst case fits by then; else it is given out marked
    ``cut_by_budget``. Time is no amount: a call is stopped when the time of a scope is up.

    A replayed answer is booked at nothing. Every try counts, so put this below
    :class:`coreagent.models.retrying.Retrying`.
    """

    def __init__(self, inner: ChatModel, ledger: Ledger, forecasts: Forecasts | None = None) -> None:
        super().__init__(inner)
        self._ledger = ledger
        self._forecasts = forecasts

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer within the budget.

        Raises:
            BudgetExceededError: the call does not fit, and nothing was sent; or the time was up before the answer came.
            SettingsError: dollars or watt-hours are limited and nobody stated the model's; nothing was sent.
            ModelError: as the model inside.
        """
        booking = self._book(request)
        completion = await self._completed(booking)
        if not booking.cut_short(completion):
            return completion
        try:
            whole = self._book_worst(request, self._forecast())
        except BudgetExceededError:
            return replace(completion, cut_by_budget=True)
        return await self._completed(whole)

    async def _completed(self, booking: _Booking) -> Completion:
        clock = asyncio.timeout(_or_none(self._ledger.seconds_left))
        try:
            async with clock:
                completion = await self.inner.complete(booking.request)
        except ModelError as error:
            self._settle_failure(booking, error, written="")
            raise
        except TimeoutError as error:
            booking.reservation.settle(booking.reservation.amount)
            if clock.expired():
                raise self._ledger.time_is_up() from error
            raise
        except BaseException:
            # Cancelled in flight: the endpoint may have worked for us, so the worst case is booked.
            booking.reservation.settle(booking.reservation.amount)
            raise
        self._settle(booking, completion)
        return completion

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece within the budget; raises as :meth:`complete`.

        A stream that is cut, left early or out of time is booked with its input and the text that came. One that a
        lower limit of ours cut is not asked again, as its pieces are out.
        """
        booking = self._book(request)
        written: list[str] = []
        try:
            async with closing_stream(self.inner, booking.request) as chunks:
                while (chunk := await self._next(chunks)) is not None:
                    if isinstance(chunk, TextDelta):
                        written.append(chunk.text)
                    else:
                        self._settle(booking, chunk)
                        if booking.cut_short(chunk):
                            chunk = replace(chunk, cut_by_budget=True)
                    yield chunk
        except ModelError as error:
            self._settle_failure(booking, error, written="".join(written))
            raise
        finally:
            booking.reservation.settle(self._so_far(booking, "".join(written)))

    async def _next(self, chunks: AsyncIterator[Chunk]) -> Chunk | None:
        """The next piece, None at the end; waited for as long as there is time."""
        left_s = self._ledger.seconds_left
        if left_s == math.inf:
            return await anext(chunks, None)
        clock = asyncio.timeout(left_s)
        try:
            async with clock:
                return await anext(chunks, None)
        except TimeoutError as error:
            if clock.expired():
                raise self._ledger.time_is_up() from error
            raise

    def _book(self, request: ChatRequest) -> _Booking:
        self._check_known()
        forecast = self._forecast()
        try:
            return self._book_worst(request, forecast)
        except BudgetExceededError as error:
            if forecast is None or error.limit not in ("usd", "tokens", "wh"):
                raise
            worst = forecast.input_tokens(request), output_limit(request, self.card)
            expected = forecast.reserve(request, worst[1])
            if expected == worst:
                raise
            return self._booked(request, *expected, forecast)

    def _book_worst(self, request: ChatRequest, forecast: Forecast | None) -> _Booking:
        sent = forecast.input_tokens(request) if forecast else estimate_input_tokens(request)
        return self._booked(request, sent, output_limit(request, self.card), forecast)

    def _booked(self, request: ChatRequest, sent: int, written: int, forecast: Forecast | None) -> _Booking:
        usage, latency = Usage(sent, written, 1), self.card.latency
        seconds = latency.total_s(forecast.median_output if forecast else 0) if latency else 0.0
        reservation = self._ledger.reserve(self._spent(usage), seconds=seconds)
        bounded = request if request.max_tokens == written else replace(request, max_tokens=written)
        return _Booking(bounded, usage, output_limit(request, self.card), reservation)

    def _forecast(self) -> Forecast | None:
        return self._forecasts.of(self.card.name, role_played() or "") if self._forecasts is not None else None

    def _check_known(self) -> None:
        card = self.card
        if not card.price.known and self._ledger.limits_money:
            raise SettingsError(
                "dollars are limited, but nobody stated the price of this model",
                key=f"models.{card.name}.price",
                mend=PRICE_MEND,
            )
        if card.energy is None and self._ledger.limits_energy:
            raise SettingsError(
                "watt-hours are limited, but nobody stated what this model consumes",
                key=f"models.{card.name}.energy",
                mend=ENERGY_MEND,
            )

    def _settle(self, booking: _Booking, completion: Completion) -> None:
        """Book an answer, and learn from it."""
        if completion.replayed:
            booking.reservation.release()
            return
        usage = completion.usage
        if completion.usage_estimated:
            # The endpoint did not count: it was held to our limit, which an estimate may well pass.
            usage = replace(usage, output_tokens=min(usage.output_tokens, booking.usage.output_tokens))
        booking.reservation.settle(self._spent(usage))
        forecast = self._forecast()
        if forecast is not None:
            if booking.cut_short(completion):
                # It would have been longer, by nobody knows how much.
                forecast.cut += 1
                usage = replace(usage, output_tokens=booking.most)
            forecast.learn(booking.request, usage, estimated=completion.usage_estimated)

    def _settle_failure(self, booking: _Booking, error: ModelError, *, written: str) -> None:
        """Book what a failed call used: nothing unless the endpoint had begun to work."""
        reservation = booking.reservation
        if isinstance(error, StreamCutError):
            reservation.settle(self._so_far(booking, error.partial or written))
        elif written:
            reservation.settle(self._so_far(booking, written))
        elif _may_have_worked(error):
            reservation.settle(reservation.amount)
        else:
            reservation.release()

    def _so_far(self, booking: _Booking, written: str) -> Spent:
        """The input and the text that came, which is never more than the endpoint was allowed to write."""
        output = min(estimate_tokens(written), booking.usage.output_tokens) if written else 0
        return self._spent(Usage(booking.usage.input_tokens, output, 1))

    def _spent(self, usage: Usage) -> Spent:
        card, sent, written = self.card, usage.input_tokens, usage.output_tokens
        return Spent(card.price.cost_usd(sent, written), usage, card.spent_wh(sent, written))


def _may_have_worked(error: ModelError) -> bool:
    """True when the endpoint took the request, and may have written up to the limit before it or we gave up."""
    if isinstance(error, ModelTimeoutError):
        return error.phase != "connection"
    return isinstance(error, ModelProtocolError) or (isinstance(error, ModelUnreachableError) and error.received)


def _or_none(seconds: float) -> float | None:
    return None if seconds == math.inf else seconds
