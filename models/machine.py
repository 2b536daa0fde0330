"""The machine of a self-hosted model, as its settings name it."""

from coreagent.errors import SettingsError, UnknownNameError
from coreagent.models.hardware import Precision, Roofline, accelerator_named, architecture_named, check_fits
from coreagent.settings import ModelSettings


def machine_from_settings(name: str, settings: ModelSettings) -> Roofline | None:
    """What is predicted from, checked to hold the model; None when the settings name no hardware.

    Raises:
        SettingsError: no such accelerator or architecture, or the model does not fit its memory.
    """
    stated = settings.hardware
    if stated is None:
        return None
    key = f'models."{name}".hardware'
    try:
        there = Roofline(
            architecture=architecture_named(stated.architecture),
            accelerator=accelerator_named(stated.gpu),
            precision=Precision(
                weight_bits=stated.weight_bits, activation_bits=stated.activation_bits, kv_bits=stated.kv_bits
            ),
            count=stated.count,
        )
    except UnknownNameError as error:
        raise SettingsError(str(error), key=key, mend=error.mend) from error
    check_fits(there, context_tokens=settings.context_tokens, key=key)
    return there
