"""A folder of documents to try a corpus with: seven kinds of file about one made-up radio unit, the RU-7.

    python examples/make_documents.py docs
    coreagent corpus add docs --name site
    coreagent ask "After how many missed heartbeats does the RU-7 raise alarm 7031?" --corpus site

Everything is written with libraries that coreagent itself reads such files with, DOCX apart: it is a few parts of XML.
"""

import ctypes
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pptx
import pypdfium2  # type: ignore[import-untyped] # it ships no types
import pypdfium2.raw  # type: ignore[import-untyped] # it ships no types
from pptx.util import Inches

# A specification: the kind of each paragraph ("h1" is a heading, "caption" that of the table after it), and its words.
SPECIFICATION: list[tuple[str, str]] = [
    ("text", "ND-TS 7001 V2.1.0 (2026-02)"),
    ("title", "RU-7 radio unit: supervision and alarms"),
    ("h1", "1 Scope"),
    ("text", "The present document specifies how the fronthaul gateway supervises radio units of type RU-7."),
    ("h1", "2 Abbreviations"),
    ("text", "FHGW\tFronthaul Gateway"),
    ("text", "HBS\tHeartbeat Supervision"),
    ("text", "RU\tRadio Unit"),
    ("h1", "3 Heartbeat supervision"),
    ("h2", "3.1 General"),
    ("text", "The RU-7 shall send a heartbeat to the FHGW each Thb. HBS does not depend on the traffic load."),
    ("h2", "3.2 Procedure"),
    ("text", "When Nmiss heartbeats in a row have not arrived, the FHGW shall raise alarm 7031 and stop the carriers."),
    ("text", "NOTE: During the guard period Tguard after a restart no alarm is raised."),
    ("caption", "Table 3.2-1: Timers and constants of HBS"),
    ("table", "Name|Default|Range|Meaning\n"
              "Thb|2 s|1 s to 10 s|Interval of heartbeats\n"
              "Nmiss|3|2 to 10|Missed heartbeats before alarm 7031\n"
              "Tguard|45 s|30 s to 120 s|Guard period after a restart"),
    ("h2", "3.3 Recovery"),
    ("text", "The FHGW shall restart the unit once. If alarm 7031 is still active after Tguard, a person has to act."),
    ("h1", "Annex A (normative): Alarms"),
    ("caption", "Table A-1: Alarms of the RU-7"),
    ("table", "Alarm|Severity|Text|Cause\n"
              "7031|critical|Heartbeat lost|Nmiss heartbeats have not arrived\n"
              "7032|major|High temperature|Above 85 °C inside the unit\n"
              "7033|minor|Low optical power|Received power below -14 dBm\n"
              "7034|warning|Clock drift|More than 50 ppb against the grandmaster"),
]  # fmt: skip

MANUAL: list[tuple[str, str]] = [
    ("title", "RU-7 installation manual"),
    ("text", "Document ND-IM 7002, issue 4, January 2026."),
    ("h1", "1 Power"),
    ("text", "The RU-7 takes -48 V DC (-40.5 V to -57 V) and at most 480 W. Use a 16 A breaker for each unit."),
    ("h1", "2 Fronthaul"),
    ("text", "Connect port OPT1 to the fronthaul gateway with an SFP28 module of 25 Gbit/s. OPT2 is a spare."),
    ("text", "Clean both ends of the fibre. The received power must be -14 dBm or more, else alarm 7033 comes."),
    ("h1", "3 Light signals"),
    ("text", "Green: in service. Green, blinking: starting, for at most 45 s. Red: alarm 7031 or 7032 is active."),
]

RUNBOOK = """<!doctype html>
<html lang="en"><head><title>Runbook: alarm 7031, heartbeat of an RU-7 lost</title></head><body>
<nav>Home / Operations / Runbooks</nav>
<h1>Runbook: alarm 7031, heartbeat of an RU-7 lost</h1>
<p>Owner: field operations. Last review: 12 March 2026.</p>
<h2>What you see</h2>
<p>The cells of one sector are down. On the gateway the unit is <code>UNREACHABLE</code>.</p>
<h2>What to do</h2>
<ol><li>Wait 45 s: the gateway restarts the unit once by itself.</li>
<li>Read the optical power: <code>show unit 7 optics</code>. Below -14 dBm, clean or replace the fibre.</li>
<li>Restart the unit by hand: <code>request unit 7 restart mode cold</code>.</li>
<li>If the alarm comes back within 10 minutes, send a technician with a spare unit.</li></ol>
<h2>When to escalate</h2>
<table><tr><th>After</th><th>Call</th></tr><tr><td>30 minutes</td><td>duty manager</td></tr>
<tr><td>2 hours</td><td>vendor support</td></tr></table>
<footer>Printed copies are not kept up to date.</footer></body></html>
"""

MODULE = """module nd-ru7-supervision {
  yang-version 1.1;
  namespace "urn:example:nd-ru7-supervision";
  prefix ru7s;
  organization "Example Networks";
  description "Supervision of radio units of type RU-7, see ND-TS 7001.";
  revision 2026-02-01 { description "The guard period is 45 s."; }

  container supervision {
    description "Heartbeat supervision.";
    leaf heartbeat-interval {
      type uint8 { range "1..10"; }
      units "seconds";
      default 2;
      description "Thb: interval of heartbeats.";
    }
    leaf missed-limit {
      type uint8 { range "2..10"; }
      default 3;
      description "Nmiss: missed heartbeats before alarm 7031.";
    }
    leaf guard-period {
      type uint8 { range "30..120"; }
      units "seconds";
      default 45;
      description "Tguard: no alarm is raised for this long after a restart.";
    }
  }
}
"""

CAPTURE = """fhgw-12# show unit 7
Unit  Type  Site        State        Last heartbeat
7     RU-7  Harbour 12  UNREACHABLE  2026-03-14 02:11:36
fhgw-12# show unit 7 optics
Port  Module  Rx power   Tx power
OPT1  SFP28   -15.2 dBm  -1.8 dBm
fhgw-12# show unit 7 alarms
Time                 Alarm  Severity  Text
2026-03-14 01:58:03  7033   minor     Low optical power
2026-03-14 02:11:42  7031   critical  Heartbeat lost
fhgw-12# request unit 7 restart mode cold
Restarting unit 7, guard period 45 s
"""


def word(path: Path) -> None:
    """The specification as DOCX."""
    body = "".join(_word_table(words) if kind == "table" else _word_paragraph(kind, words)
                   for kind, words in SPECIFICATION)  # fmt: skip
    names = {"h1": "heading 1", "h2": "heading 2", "title": "Title", "caption": "caption"}
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in names.items()
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    kinds = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kinds}.document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{kinds}.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "word/document.xml": f"<w:document {space}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {space}>{styles}</w:styles>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')


def _word_paragraph(kind: str, words: str) -> str:
    style = "" if kind == "text" else f'<w:pPr><w:pStyle w:val="{kind}"/></w:pPr>'
    runs = "<w:tab/>".join(f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in words.split("\t"))
    return f"<w:p>{style}<w:r>{runs}</w:r></w:p>"


def _word_table(words: str) -> str:
    rows = [line.split("|") for line in words.split("\n")]
    grid = "<w:tblGrid>" + "<w:gridCol/>" * len(rows[0]) + "</w:tblGrid>"
    cells = ("".join(f"<w:tc>{_word_paragraph('text', cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl><w:tblPr/>{grid}{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def pdf(path: Path) -> None:
    """The manual as PDF, one page of A4."""
    raw: Any = pypdfium2.raw
    document: Any = pypdfium2.PdfDocument.new()
    page = document.new_page(595, 842)
    top = 780
    for kind, words in MANUAL:
        size = {"title": 22, "h1": 14}.get(kind, 10)
        font = b"Helvetica" if kind == "text" else b"Helvetica-Bold"
        line = raw.FPDFPageObj_NewTextObj(document.raw, font, size)
        letters = ctypes.create_string_buffer(f"{words}\0".encode("utf-16-le"))
        raw.FPDFText_SetText(line, ctypes.cast(letters, ctypes.POINTER(ctypes.c_ushort)))
        top -= 2 * size
        raw.FPDFPageObj_Transform(line, 1, 0, 0, 1, 60, top)
        raw.FPDFPage_InsertObject(page.raw, line)
    page.gen_content()
    document.save(path)
    document.close()


def slides(path: Path) -> None:
    """A training as PPTX, with notes and a table."""
    deck: Any = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "RU-7: what operators must know"
    first.placeholders[
        1
    ].text = "A heartbeat every 2 s\nThree missed heartbeats raise alarm 7031\nThe unit restarts once"
    first.notes_slide.notes_text_frame.text = (
        "Most lost heartbeats at Harbour 12 came from a dirty fibre, not the unit."
    )
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Who acts"
    rows = ["Alarm|First action|By", "7031|Check the fibre|field", "7032|Check the fan|field", "7034|Check PTP|core"]
    grid = second.shapes.add_table(len(rows), 3, Inches(1), Inches(2), Inches(8), Inches(2)).table
    for at, line in enumerate(rows):
        for column, words in enumerate(line.split("|")):
            grid.cell(at, column).text = words
    deck.save(str(path))


def workbook(path: Path) -> None:
    """Counters with their thresholds, and maintenance windows, as XLSX."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = "RU-7 thresholds and maintenance"
    counters = book.create_sheet("Counters")
    counters.append(["Counter", "Unit", "Minor from", "Major from", "Valid since"])
    counters.append(["HbMissed", "per hour", 3, 10, date(2026, 2, 1)])
    counters.append(["ClockDrift", "ppb", 50, 100, date(2026, 2, 1)])
    counters.append(["RxPower", "dBm", -14, -18.5, date(2025, 6, 1)])
    windows = book.create_sheet("Maintenance")
    windows.append(["Site", "Unit", "Start", "Hours", "Work"])
    windows.append(["Harbour 12", 7, datetime(2026, 3, 16, 22, 30), 2, "Replace the fibre of OPT1"])
    windows.append(["Harbour 14", 9, datetime(2026, 4, 2, 23, 0), 4, "Software 7.4.1"])
    book.save(path)


def main(folder: Path) -> None:
    """Write all of them into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {"nd-ts-7001-supervision.docx": word, "nd-im-7002-installation.pdf": pdf}
    made |= {"ru7-training.pptx": slides, "ru7-thresholds.xlsx": workbook}
    for name, make in made.items():
        make(folder / name)
    texts = {"runbook-7031.html": RUNBOOK, "nd-ru7-supervision@2026-02-01.yang": MODULE, "harbour-12.log": CAPTURE}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{len(made) + len(texts)} documents in {folder}:", *made, *texts, sep="\n  ")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
