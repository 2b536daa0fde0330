"""Advisers: models and services that are asked, before the decision, which model should do a call.

What they say is an :class:`coreagent.routing.request.Advice`; the ``advised`` policy makes it count. None of these
modules is loaded unless one is configured.
"""
