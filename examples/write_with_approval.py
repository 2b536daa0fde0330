"""A tool that changes something waits for a person; the same write is never done twice."""

import asyncio
from typing import Annotated

from pydantic import BaseModel, Field

from coreagent import ApprovalNeeded, CoreAgent, RunFinished, tool


class TiltResult(BaseModel):
    """What the element manager says back."""

    cell: str
    degrees: float


@tool(effect="write")
async def set_tilt(cell: str, degrees: Annotated[float, Field(ge=0, le=12)]) -> TiltResult:
    """Set the electrical tilt of a cell's antenna.

    Args:
        cell: name of the cell.
        degrees: electrical tilt in degrees.
    """
    return TiltResult(cell=cell, degrees=degrees)


async def main() -> None:
    """Answer the approval from code; a terminal would ask a person."""
    async with CoreAgent(tools=[set_tilt]) as agent:
        async for event in agent.stream("Set the tilt of cell 33 to 4 degrees"):
            match event:
                case ApprovalNeeded(call=call):
                    print(f"asked: {call.tool} {call.arguments} ({call.reason})")
                    await agent.approve(call.id)
                case RunFinished(answer=answer):
                    print(answer.status, "-", answer.text)
                case _:
                    pass


asyncio.run(main())
