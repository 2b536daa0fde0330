import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx as python_docx
import pytest
from docx.enum.style import WD_STYLE_TYPE

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.docx.converter import convert
from coreagent.knowledge.documents.document import Conversion

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SPACES = (
    f'xmlns:w="{_WORD}" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def write(path: Path, body: str, **parts: str) -> Path:
    """A DOCX from the inside of its body and of other parts: styles, numbering, footnotes."""
    links = "".join(f'<Relationship Id="{n}" Type="{_OFFICE}/{n}" Target="{n}.xml"/>' for n in parts)
    main = f'<Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{_RELATIONS}">{main}</Relationships>')
        archive.writestr("word/_rels/document.xml.rels", f'<Relationships xmlns="{_RELATIONS}">{links}</Relationships>')
        archive.writestr("word/document.xml", f"<w:document {_SPACES}><w:body>{body}</w:body></w:document>")
        for name, inner in parts.items():
            archive.writestr(f"word/{name}.xml", f"<w:{name} {_SPACES}>{inner}</w:{name}>")
    return path


def run(text: str, marks: str = "") -> str:
    properties = f"<w:rPr>{marks}</w:rPr>" if marks else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def para(inner: str, style: str = "", properties: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{inner if inner.startswith('<') else run(inner)}</w:p>"


def style(style_id: str, name: str, inner: str = "") -> str:
    return f'<w:style w:type="paragraph" w:styleId="{style_id}"><w:name w:val="{name}"/>{inner}</w:style>'


def cell(inner: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inner if inner.startswith('<') else para(inner)}</w:tc>"


def line(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def table(*lines: str) -> str:
    return f"<w:tbl>{''.join(lines)}</w:tbl>"


def text_of(tmp_path: Path, body: str, **parts: str) -> str:
    return convert(write(tmp_path / "x.docx", body, **parts)).text


HEADINGS = "".join(style(f"H{n}", f"heading {n}") for n in range(1, 10))


def specification(path: Path) -> Conversion:
    """As 3GPP writes them, made by another program than the tests' own writer."""
    document: Any = python_docx.Document()
    based = {"TF": "TH", "EW": "EX", "B1": "List", "B2": "List 2", "TT": "Heading 1", "H6": "Heading 5"}
    for name in ("TH", "TF", "NO", "EX", "EW", "B1", "B2", "PL", "H6", "ZA", "ZT", "TT", "TOC 1"):
        made = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        if name in based:
            made.base_style = document.styles[based[name]]
    document.core_properties.author = "An Author"
    add = document.add_paragraph
    add("3GPP TS 99.331 V17.4.0 (2023-03)", style="ZA")
    add("3rd Generation Partnership Project;\nNR;\nSome protocol specification\n(Release 17)", style="ZT")
    add("Contents", style="TT")
    add("1\tScope\t5", style="TOC 1")
    add("2\tReferences", style="Heading 1")
    add('[1]\t3GPP TR 21.905: "Vocabulary".', style="EX")
    add("[2]\tIETF RFC 8345.", style="EX")
    add("3.2\tAbbreviations", style="Heading 2")
    add("AMF\tAccess and Mobility Management Function", style="EW")
    add("5.3.1\tGeneral", style="Heading 3")
    add("1>\tif ra_Preamble is configured:", style="B1")
    add("-\tdo this", style="B2")
    add("NOTE 1:\tNot always.", style="NO")
    add("Table 5.3.1-1: Timers", style="TH")
    grid = document.add_table(2, 2)
    for number, words in enumerate(("Timer", "Start", "T300", "a|b\nc")):
        grid.cell(number // 2, number % 2).text = words
    add("Figure 5.3.1-1: Flow", style="TF")
    for code in ("-- ASN1START", "A ::=\tSEQUENCE {", "", "}"):
        add(code, style="PL")
    add("Deep", style="H6")
    add("Annex A (normative):\nCodes", style="Heading 8")
    add("A.1\tGeneral", style="Heading 1")
    add("# no heading")
    document.save(str(path))
    return convert(path)


def test_a_specification_keeps_its_structure(tmp_path: Path) -> None:
    found = specification(tmp_path / "spec.docx")
    assert found.title == "TS 99.331 NR; Some protocol specification (Release 17)"
    assert found.meta["author"] == "An Author"
    assert found.grammar == "markdown"
    assert found.text.partition("(Release 17)\n\n")[2] == (
        "# 2 References\n\n"
        '[1] 3GPP TR 21.905: "Vocabulary".\n[2] IETF RFC 8345.\n\n'
        "## 3.2 Abbreviations\n\nAMF\tAccess and Mobility Management Function\n\n"
        "### 5.3.1 General\n\n- 1> if ra_Preamble is configured:\n  - do this\n\nNOTE 1: Not always.\n\n"
        "**Table 5.3.1-1: Timers**\n| Timer | Start |\n| --- | --- |\n| T300 | a\\|b<br>c |\n\n"
        "**Figure 5.3.1-1: Flow**\n\n"
        "```asn1\n-- ASN1START\nA ::=    SEQUENCE {\n\n}\n```\n\n"
        "###### Deep\n\n# Annex A (normative): Codes\n\n## A.1 General\n\n\\# no heading\n"
    )


def test_a_cover_laid_out_as_a_table_is_no_table(tmp_path: Path) -> None:
    styles = HEADINGS + style("ZA", "ZA") + style("ZT", "ZT")
    cover = table(
        line(cell(para("3GPP TR 99.900-1 V18.0.0 (2024-03)", "ZA"))),
        line(cell(para("Study on something;", "ZT") + para("(Release 18)", "ZT")), cell("logo")),
    )
    found = convert(write(tmp_path / "x.docx", cover + para("1\tScope", "H1"), styles=styles))
    assert found.title == "TR 99.900-1 Study on something; (Release 18)"
    assert "|" not in found.text and found.text.endswith("(Release 18)\n\nlogo\n\n# 1 Scope\n")


def test_what_the_file_says_of_itself(tmp_path: Path) -> None:
    document: Any = python_docx.Document()
    document.add_paragraph("Alarm guide", style="Title")
    document.add_paragraph("Words")
    properties = document.core_properties
    properties.title, properties.keywords, properties.subject = "Microsoft Word - x.doc", "alarms, faults", " "
    document.save(str(path := tmp_path / "x.docx"))
    found = convert(path)
    assert (found.title, found.meta["keywords"]) == ("Alarm guide", "alarms, faults")
    assert "subject" not in found.meta
    properties.title = "Fault handbook"
    document.save(str(path))
    assert convert(path).title == "Fault handbook"


def test_automatic_heading_numbers_become_visible(tmp_path: Path) -> None:
    levels = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="H{at + 1}"/>'
        f'<w:lvlText w:val="{words}"/></w:lvl>'
        for at, words in enumerate(("%1", "%1.%2", "%1.%2.%3"))
    )
    annex = (
        '<w:lvl w:ilvl="0"><w:numFmt w:val="upperLetter"/><w:lvlText w:val="Annex %1:"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>'
    )
    numbering = (
        f'<w:abstractNum w:abstractNumId="1">{levels}</w:abstractNum><w:abstractNum w:abstractNumId="2">{annex}'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>'
    )
    own = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    styles = "".join(style(f"H{n}", f"heading {n}", own) for n in range(1, 4))
    annexed = '<w:numPr><w:ilvl w:val="{}"/><w:numId w:val="2"/></w:numPr>'
    body = "".join(para(words, f"H{n}") for words, n in (("A", 1), ("B", 2), ("C", 3), ("D", 3), ("E", 2), ("F", 1)))
    body += para("G", "H2") + para("H", "H1", annexed.format(0)) + para("I", "H2", annexed.format(1))
    text = text_of(tmp_path, body, styles=styles, numbering=numbering)
    assert text.split("\n\n") == [
        *("# 1 A", "## 1.1 B", "### 1.1.1 C", "### 1.1.2 D", "## 1.2 E", "# 2 F", "## 2.1 G"),
        *("# Annex A: H", "## A.1 I\n"),
    ]


def test_numbers_by_the_level_that_a_style_names(tmp_path: Path) -> None:
    levels = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{words}"/></w:lvl>'
        for at, (form, words, start) in enumerate((("chineseCounting", "第%1章", 11), ("lowerRoman", "%2.", 4)))
    )
    link = '<w:abstractNum w:abstractNumId="2"><w:numStyleLink w:val="List"/></w:abstractNum>'
    numbering = f'<w:abstractNum w:abstractNumId="1">{levels}</w:abstractNum>{link}' + "".join(
        f'<w:num w:numId="{n}"><w:abstractNumId w:val="{n}"/></w:num>' for n in (1, 2)
    )
    named = '<w:pPr><w:numPr><w:ilvl w:val="{}"/><w:numId w:val="{}"/></w:numPr></w:pPr>'
    styles = style("H1", "heading 1", named.format(0, 1)) + style("H2", "heading 2", named.format(1, 2))
    styles += style("Sub", "Own", '<w:basedOn w:val="H2"/>') + style("List", "List", named.format(0, 1))
    body = para("总则", "H1") + para("a", "H2") + para("b", "Sub") + para("10 Gbit/s", "H1")
    body += para("第十三章 x", "H1") + para("c", "H2", '<w:numPr><w:numId w:val="0"/></w:numPr>')
    assert text_of(tmp_path, body, styles=styles, numbering=numbering).strip().split("\n\n") == [
        *("# 第十一章 总则", "## iv. a", "## v. b", "# 第十二章 10 Gbit/s", "# 第十三章 x", "## c"),
    ]


def test_headings_of_other_languages_and_of_own_styles(tmp_path: Path) -> None:
    outline = '<w:pPr><w:outlineLvl w:val="{}"/></w:pPr>'
    styles = (
        style("berschrift1", "heading 1")
        + style("Kapitel", "Unser Kapitel", '<w:basedOn w:val="berschrift1"/>')
        + style("Own", "Own", outline.format(2))
        + style("No", "No heading", '<w:basedOn w:val="Own"/>' + outline.format(9))
        + style("Round", "Round", '<w:basedOn w:val="Round2"/>')
        + style("Round2", "Round2", '<w:basedOn w:val="Round"/>')
    )
    body = para("总则", "Kapitel") + para("Own", "Own") + para("Text", "No") + para("Text2", "Round")
    body += para("Direct", "", '<w:outlineLvl w:val="1"/>') + para("Unknown style", "Nowhere")
    assert (
        text_of(tmp_path, body, styles=styles) == "# 总则\n\n### Own\n\nText\n\nText2\n\n## Direct\n\nUnknown style\n"
    )


def test_lists_count_and_start_anew(tmp_path: Path) -> None:
    levels = (
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1)"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl>'
    )
    again = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    numbering = (
        f'<w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/>'
        f'</w:num><w:num w:numId="2"><w:abstractNumId w:val="7"/>{again}</w:num>'
    )
    items = ((1, 0, "x"), (1, 1, "y"), (1, 0, "z"), (2, 0, "new"), (9, 0, "no such list"))
    body = "".join(
        para(words, "", f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{of}"/></w:numPr>')
        for of, level, words in items
    )
    assert text_of(tmp_path, body, numbering=numbering) == "a) x\n  - y\nb) z\na) new\n\nno such list\n"


def test_only_what_a_reader_sees_is_read(tmp_path: Path) -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    reference = (
        f"{mark('begin')}<w:r><w:instrText> REF _x \\h </w:instrText></w:r>{mark('separate')}{run('5.1')}{mark('end')}"
    )
    body = para(
        run("See ")
        + reference
        + f"<w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins>{run(' new')}</w:ins>"
        + f"<w:hyperlink>{run(' link')}</w:hyperlink>"
        + run("hidden", "<w:vanish/>")
        + run(" shown", '<w:vanish w:val="0"/>')
        + "<w:r><w:t>soft</w:t><w:softHyphen/><w:t>ly</w:t><w:noBreakHyphen/><w:t>so\u00ad\u00a0x</w:t></w:r>"
        + '<w:r><w:sym w:font="Symbol" w:char="F061"/></w:r>'
        + run(" N")
        + run("R", '<w:vertAlign w:val="subscript"/>')
        + run("B", '<w:vertAlign w:val="subscript"/>')
        + run(" 2")
        + run("10", '<w:vertAlign w:val="superscript"/>')
    )
    gallery = "<w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj>"
    contents = f"<w:sdt><w:sdtPr>{gallery}</w:sdtPr><w:sdtContent>{para('1 Scope')}</w:sdtContent></w:sdt>"
    field = para(f"{mark('begin')}<w:r><w:instrText>TOC \\o</w:instrText></w:r>{mark('separate')}{run('1 Scope 3')}")
    control = f"<w:sdt><w:sdtContent>{para('In a control')}</w:sdtContent></w:sdt>"
    body += contents + field + para(f"{run('2 More 4')}{mark('end')}") + control
    assert text_of(tmp_path, body) == "See 5.1 new link shownsoftly-so xα N_RB 2^10\n\nIn a control\n"


def test_a_field_without_end_costs_no_more_than_its_clause(tmp_path: Path) -> None:
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>TOC</w:instrText></w:r>'
    body = para(f'{begin}<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("1 Scope")}') + para("Scope", "H1")
    body += para('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + run("lost")) + para("kept")
    assert text_of(tmp_path, body, styles=HEADINGS) == "# Scope\n\nkept\n"


def test_merged_cells_and_two_header_rows(tmp_path: Path) -> None:
    header = "<w:tblHeader/>"
    wide, down, on = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    body = table(
        line(cell("Band", down), cell("Frequency", wide), properties=header),
        line(cell("", on), cell("UL"), cell("DL"), properties=header),
        line(cell("n77", down), cell("3300"), cell(para("a") + para("b"))),
        line(
            cell("", on),
            cell(table(line(cell("x"), cell("y")))),
            f"<w:sdt><w:sdtContent>{cell('c')}</w:sdtContent></w:sdt>",
        ),
        line(cell("gone"), properties="<w:del/>"),
        line(cell("NOTE: all", '<w:gridSpan w:val="3"/>')),
    )
    assert text_of(tmp_path, body) == (
        "| Band | Frequency / UL | Frequency / DL |\n| --- | --- | --- |\n| n77 | 3300 | a<br>b |\n"
        "| n77 | x / y | c |\n| NOTE: all |  |  |\n"
    )


@pytest.mark.parametrize("below", [False, True])
def test_captions_above_and_below(tmp_path: Path, below: bool) -> None:
    grids = [table(line(cell(f"h{n}"), cell("i")), line(cell("1"), cell("2"))) for n in (1, 2)]
    captions = [para(f"Table {n}: T{n}", "C") for n in (1, 2)]
    pairs = [(g, c) if below else (c, g) for g, c in zip(grids, captions, strict=True)]
    text = text_of(tmp_path, "".join(a + para("") + b for a, b in pairs), styles=style("C", "caption"))
    blocks = text.split("\n\n")
    assert [block.split("\n")[:2] for block in blocks] == [
        ["**Table 1: T1**", "| h1 | i |"],
        ["**Table 2: T2**", "| h2 | i |"],
    ]


def test_frames_boxes_notes_and_equations(tmp_path: Path) -> None:
    box = (
        f"<w:r><mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent>{para('UE')}{para('gNB')}</w:txbxContent>"
        f"</w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent>{para('UE')}</w:txbxContent></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r>"
    )
    fraction = (
        "<m:oMath><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>"
    )
    body = (
        table(line(cell(para("Framed") + para("code `x`", "PL"))))
        + para(run("Note") + '<w:r><w:footnoteReference w:id="2"/></w:r>' + fraction)
        + para(box)
        + para("Next", "H1")
    )
    notes = f'<w:footnote w:id="2">{para("Said below.")}</w:footnote><w:footnote w:id="3">{para("Unused")}</w:footnote>'
    text = text_of(tmp_path, body, styles=HEADINGS + style("PL", "PL"), footnotes=notes)
    assert text == "Framed\n\n```\ncode `x`\n```\n\nNote[^2](a+b)/2\n\nUE; gNB\n\n[^2]: Said below.\n\n# Next\n"


def test_words_never_become_structure(tmp_path: Path) -> None:
    lines = ("---", "label: public", "===", "| x |", "```", "snake_case and *star*", "> quote")
    inner = "<w:r>" + "<w:br/>".join(f"<w:t>{escape(words)}</w:t>" for words in lines) + "</w:r>"
    assert text_of(tmp_path, para(inner)) == (
        "\\---\nlabel: public\n\\===\n\\| x |\n\\```\nsnake_case and *star*\n\\> quote\n"
    )


def test_code_with_fences_inside(tmp_path: Path) -> None:
    text = text_of(tmp_path, para("```yaml", "PL") + para("a: 1", "PL"), styles=style("PL", "PL"))
    assert text == "````\n```yaml\na: 1\n````\n"


def test_strict_open_xml(tmp_path: Path) -> None:
    path = write(tmp_path / "usual.docx", para("Scope", "H1"), styles=HEADINGS)
    strict = tmp_path / "strict.docx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(strict, "w") as new:
        for name in old.namelist():
            new.writestr(
                name, old.read(name).replace(_WORD.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main")
            )
    assert convert(strict).text == "# Scope\n"


def test_pictures_are_never_read(tmp_path: Path) -> None:
    path = write(tmp_path / "x.docx", para("Words"))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("word/media/image1.png", b"PICTURE" * 10)
    # The picture's bytes no longer fit their checksum: reading them would fail.
    path.write_bytes(path.read_bytes().replace(b"PICTUREPICTURE", b"BROKEN.BROKEN."))
    assert convert(path).text == "Words\n"


def test_deep_nesting_is_no_trouble(tmp_path: Path) -> None:
    nested = para("core")
    for _ in range(60):
        nested = table(line(cell(nested), cell("x")))
    assert "core" in text_of(tmp_path, nested)
    assert text_of(tmp_path, para("<w:ins>" * 200 + run("deep") + "</w:ins>" * 200)) == "deep\n"
    with pytest.raises(DocumentError, match="XML is broken"):
        text_of(tmp_path, para("<w:ins>" * 5_000 + run("deep") + "</w:ins>" * 5_000))


def _with_entities(path: Path, entities: str, used: str) -> Path:
    words = f"<w:p><w:r><w:t>Words</w:t></w:r><w:r><w:t>{used}</w:t></w:r></w:p>"
    write(path, "")
    with zipfile.ZipFile(path) as archive:
        rest = {name: archive.read(name) for name in archive.namelist()}
    body = f"<w:document {_SPACES}><w:body>{words}</w:body></w:document>"
    rest["word/document.xml"] = f"<!DOCTYPE d [{entities}]>{body}".encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in rest.items():
            archive.writestr(name, data)
    return path


def test_entities_fetch_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    path = _with_entities(tmp_path / "x.docx", f'<!ENTITY f SYSTEM "{secret.as_uri()}">', "&f;")
    assert convert(path).text == "Words\n"


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    bomb = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 12))
    with pytest.raises(DocumentError, match="amplification"):
        convert(_with_entities(tmp_path / "x.docx", f'<!ENTITY b0 "BANG">{bomb}', "&b11;"))


def _bad(path: Path, kind: str) -> None:
    if kind == "cut":
        write(path, para("Words " * 500))
        path.write_bytes(path.read_bytes()[:900])
    elif kind == "broken":
        write(path, "<w:p><w:r>")
    elif kind == "nothing":
        write(path, para(""))
    elif kind in ("archive", "workbook"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.txt", "x")
            if kind == "workbook":
                main = f'<Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
                archive.writestr("_rels/.rels", f'<Relationships xmlns="{_RELATIONS}">{main}</Relationships>')
                archive.writestr("xl/workbook.xml", "<x/>")
    else:
        ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
        path.write_bytes(
            {"empty": b"", "text": b"Hello", "old": ole, "locked": ole + "EncryptedPackage".encode("utf-16-le")}[kind]
        )


@pytest.mark.parametrize(
    ("kind", "cause", "mend"),
    [
        ("empty", "is empty", "again"),
        ("text", "not a Word document", "name it"),
        ("cut", "cut off", "again"),
        ("archive", "ZIP archive", "suffix"),
        ("workbook", "it is an Excel workbook", "suffix"),
        ("locked", "is encrypted", "without a password"),
        ("old", "old binary", ".docx"),
        ("broken", "XML is broken", "save it again"),
        ("nothing", "holds no text", "recognise"),
    ],
)
def test_bad_files_say_why(tmp_path: Path, kind: str, cause: str, mend: str) -> None:
    path = tmp_path / "bad.docx"
    _bad(path, kind)
    with pytest.raises(DocumentError, match=cause) as caught:
        convert(path)
    assert caught.value.path == str(path)
    assert mend in caught.value.mend


def test_a_locked_archive_is_encrypted(tmp_path: Path) -> None:
    path = write(tmp_path / "x.docx", para("Words"))
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(mark, at + 4)
    path.write_bytes(data)
    with pytest.raises(DocumentError, match="is encrypted"):
        convert(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="can not be read"):
        convert(tmp_path / "none.docx")


def test_a_numbered_heading_of_the_contents_counts(tmp_path: Path) -> None:
    levels = '<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1"/></w:lvl>'
    numbers = (
        f'<w:abstractNum w:abstractNumId="1">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    )
    styles = style("H1", "heading 1", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>')
    styles += style("TOC", "TOC Heading", '<w:basedOn w:val="H1"/>')
    body = para("Contents", "TOC") + para("Scope", "H1")
    assert text_of(tmp_path, body, styles=styles, numbering=numbers) == "# 2 Scope\n"


@pytest.mark.parametrize("name", ["macro", "Preformatted Text", "HTML Preformatted"])
def test_code_by_the_names_that_programs_give_it(tmp_path: Path, name: str) -> None:
    assert text_of(tmp_path, para("show alarms", "C"), styles=style("C", name)) == "```\nshow alarms\n```\n"


def test_a_title_is_what_only_this_document_has(tmp_path: Path) -> None:
    cover = "<w:r><w:t>3rd Generation Partnership Project;</w:t><w:br/><w:t>Supervision of units</w:t></w:r>"
    path = write(tmp_path / "x.docx", para(cover, "T") + para("Words."), styles=style("T", "Title"))
    assert convert(path).title == "Supervision of units"


def test_a_caption_without_the_style_of_one(tmp_path: Path) -> None:
    body = para("Table 5.1-2: Timers") + table(line(cell("T300")), line(cell("1 s"))) + para("Table 5.1-2 is short.")
    body += table(line(cell("a"), cell("b"))) + para("Table 3: below")
    assert text_of(tmp_path, body) == (
        "**Table 5.1-2: Timers**\n| T300 |\n| --- |\n| 1 s |\n\nTable 5.1-2 is short.\n\n"
        "| a | b |\n| --- | --- |\n\nTable 3: below\n"
    )
