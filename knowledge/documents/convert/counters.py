"""Numbers of list items that are not written in digits."""

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


def letters(number: int) -> str:
    """``a`` for 1; after ``z`` come ``aa``, ``bb``, ``cc``, as in Word. Empty for 0."""
    return chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 8) if number else ""


def roman(number: int) -> str:
    """``iv`` for 4; digits from 4,000 on."""
    if number >= 4000:
        return str(number)
    text = ""
    for amount, signs in _ROMAN:
        text += signs * (number // amount)
        number %= amount
    return text
