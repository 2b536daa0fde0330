"""Equations of Word (OMML, ECMA-376 part 1, 22.1) as one line of text: ``(a+b)/(2)``, ``N_RB^DL``, ``√(x)``."""

from collections.abc import Callable, Mapping

from coreagent.knowledge.documents.convert.markup import Element, local_name

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
"""The namespace of OMML."""


def linear(element: Element) -> str:
    """The equation in one line. Depth is that of the XML, which the parser limits."""
    shape = _SHAPES.get(element.tag)
    if shape is not None:
        return shape(element)
    if element.tag == f"{M}r":
        return "".join(text.text or "" for text in element.iterchildren(f"{M}t"))
    if not isinstance(element.tag, str) or not element.tag.startswith(M) or element.tag.endswith("Pr"):
        return ""
    return "".join(linear(child) for child in element)


def _part(element: Element, name: str) -> str:
    part = element.find(f"{M}{name}")
    return linear(part) if part is not None else ""


def _tight(text: str) -> str:
    return text if len(text) < 2 or text.isalnum() else f"({text})"


def _symbol(element: Element, name: str, default: str) -> str:
    found = element.find(f"{M}{local_name(element)}Pr/{M}{name}")
    return default if found is None else found.get(f"{M}val", "")


def _scripts(element: Element) -> str:
    below, above = _part(element, "sub"), _part(element, "sup")
    text = _part(element, "e")
    text += f"_{_tight(below)}" if below else ""
    return text + (f"^{_tight(above)}" if above else "")


def _before(element: Element) -> str:
    below, above = _part(element, "sub"), _part(element, "sup")
    marks = (f"_{_tight(below)}" if below else "") + (f"^{_tight(above)}" if above else "")
    return f"{marks} {_part(element, 'e')}"


def _large(element: Element) -> str:
    below, above = _part(element, "sub"), _part(element, "sup")
    text = _symbol(element, "chr", "∫")
    text += f"_({below})" if below else ""
    text += f"^({above})" if above else ""
    return f"{text} {_part(element, 'e')}"


def _root(element: Element) -> str:
    return f"√[{degree}]({_part(element, 'e')})" if (degree := _part(element, "deg")) else f"√({_part(element, 'e')})"


def _brackets(element: Element) -> str:
    inner = _symbol(element, "sepChr", "|").join(linear(part) for part in element.iterchildren(f"{M}e"))
    return f"{_symbol(element, 'begChr', '(')}{inner}{_symbol(element, 'endChr', ')')}"


def _rows(element: Element) -> str:
    return "; ".join(linear(part) for part in element.iterchildren(f"{M}e"))


def _matrix(element: Element) -> str:
    rows = (", ".join(linear(part) for part in line.iterchildren(f"{M}e")) for line in element.iterchildren(f"{M}mr"))
    return f"[{'; '.join(rows)}]"


_SHAPES: Mapping[object, Callable[[Element], str]] = {
    f"{M}f": lambda e: f"{_tight(_part(e, 'num'))}/{_tight(_part(e, 'den'))}",
    f"{M}sSub": _scripts,
    f"{M}sSup": _scripts,
    f"{M}sSubSup": _scripts,
    f"{M}sPre": _before,
    f"{M}nary": _large,
    f"{M}rad": _root,
    f"{M}d": _brackets,
    f"{M}m": _matrix,
    f"{M}eqArr": _rows,
    f"{M}func": lambda e: f"{_part(e, 'fName')} {_part(e, 'e')}",
    f"{M}limLow": lambda e: f"{_part(e, 'e')}_({_part(e, 'lim')})",
    f"{M}limUpp": lambda e: f"{_part(e, 'e')}^({_part(e, 'lim')})",
}
