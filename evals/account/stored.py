"""The account in the folder of its run, so that every later report shows it again."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from coreagent.errors import InputError
from coreagent.evals.account.results import FORMAT, Account
from coreagent.evals.json_values import finite
from coreagent.evals.report.writing import write_whole
from coreagent.evals.run_folder import RunFolder

FILE = "account.json"
_ACCOUNT = TypeAdapter(Account)
_MEND = "Delete that file, and make it again: coreagent eval account {folder}"


def account_file(folder: RunFolder) -> Path:
    """Where it is kept."""
    return folder.path / FILE


def account_data(account: Account) -> dict[str, Any]:
    """Everything as JSON values; None stands for what is not a finite number."""
    data: dict[str, Any] = finite(dataclasses.asdict(account))
    return data


def keep_account(folder: RunFolder, account: Account) -> Path:
    """Write it, in place of an earlier one.

    Raises:
        RunError: the folder can not be written.
    """
    path = account_file(folder)
    text = json.dumps(account_data(account), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, [text.encode("utf-8", "backslashreplace"), b"\n"])
    return path


def kept_account(folder: RunFolder) -> Account | None:
    """The account of a run, None where nobody made one.

    Raises:
        InputError: it is damaged, of another run, or of a newer version.
    """
    path = account_file(folder)
    mend = _MEND.format(folder=folder.path)
    try:
        fields: Any = json.loads(path.read_text(encoding="utf-8"))
        account = _ACCOUNT.validate_python(_estimates(fields))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: can not be read: {error.strerror}", mend=mend) from error
    except (ValueError, RecursionError, ValidationError) as error:
        raise InputError(f"{path}: damaged: {str(error).splitlines()[0]}", mend=mend) from error
    if account.format != FORMAT:
        raise InputError(f"{path}: an account of format {account.format}, this package reads {FORMAT}", mend=mend)
    if account.run != folder.manifest().run:
        raise InputError(f"{path}: the account of another run, {account.run}", mend=mend)
    return account


def _estimates(value: Any) -> Any:
    """The reverse for the bounds of figures, which are no numbers where no interval can be drawn."""
    match value:
        case {"value": _, "low": _, "high": _, "n": _}:
            bounds = {name: math.nan if value[name] is None else value[name] for name in ("value", "low", "high")}
            return {**value, **bounds}
        case dict():
            return {name: _estimates(inner) for name, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]  (JSON)
        case list():
            return [_estimates(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]  (JSON)
        case _:
            return value
