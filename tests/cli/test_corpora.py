"""Files that can not become documents, names that can not become corpora, and text that would drive the terminal."""

import json
import os
import sqlite3
from pathlib import Path

import pytest
from tests.cli.driving import Cli, is_error

HOSTILE = "# Esc\x1b[31m title\n\nThe qwertzon node \x1b]0;owned\x07 says \u202ehello\u202c.\n"


def folder() -> Path:
    made = Path("docs")
    made.mkdir()
    (made / "good.md").write_text("# Good\n\nThe zorbulator carries zorb frames.\n", encoding="utf-8")
    return made


def test_what_can_not_be_read_is_listed_with_the_reason_and_the_rest_is_added(cli: Cli) -> None:
    docs = folder()
    (docs / "empty.md").write_text("", encoding="utf-8")
    (docs / "blank.txt").write_text(" \n\n", encoding="utf-8")
    (docs / "binary.txt").write_bytes(bytes(range(256)) * 4)
    (docs / "picture.md").write_bytes(b"\x89PNG\r\n\x1a\n")
    (docs / "loop").symlink_to(docs.resolve())
    (docs / "self.md").symlink_to("self.md")
    (docs / "gone.md").symlink_to("nowhere.md")
    os.mkfifo(docs / "pipe.md")
    with (docs / "huge.txt").open("wb") as file:
        file.truncate(200_000_000)
    result = cli("corpus", "add", str(docs), "--name", "x")
    assert result.code == 8
    assert result.error_lines[0] == "error: 7 of 8 files could not be added to corpus 'x'"
    assert "Mend what is listed as failed" in result.error_lines[1]
    assert result.out.startswith("x: 1 added, 0 replaced, 0 unchanged, 7 failed, 2 skipped")
    for name, reason in {
        "failed empty.md": "empty",
        "failed blank.txt": "empty",
        "failed binary.txt": "binary",
        "failed picture.md": "a PNG image, not Markdown",
        "failed self.md": "symbolic links",
        "failed gone.md": "No such file",
        "failed huge.txt": "max_file_mb in [knowledge.ingest]",
        "skipped loop": "read already",
        "skipped pipe.md": "not a regular file",
    }.items():
        word, file_name = name.split()
        line = next(line for line in result.out.splitlines() if f"/{file_name}:" in line)
        assert line.startswith(f"  {word} ") and reason in line
    again = cli("corpus", "add", str(docs), "--name", "x")
    assert again.code == 8 and again.out.startswith("x: 0 added, 0 replaced, 1 unchanged")


def test_what_a_folder_holds_besides_documents_is_no_error(cli: Cli) -> None:
    docs = folder()
    (docs / "tool.exe").write_bytes(b"MZ")
    (docs / ".hidden.md").write_text("x")
    result = cli("corpus", "add", str(docs), "--name", "x")
    assert (result.code, result.err) == (0, "")
    assert "1 added, 0 replaced, 0 unchanged, 0 failed, 2 skipped" in result.out
    named = cli("corpus", "add", str(docs / "tool.exe"), "--name", "x")
    assert named.code == 8 and named.error_lines[0] == "error: no document was added to corpus 'x'"


def test_a_long_list_is_cut_for_the_eye_and_whole_as_json(cli: Cli) -> None:
    docs = folder()
    for number in range(30):
        (docs / f"{number:02}.md").write_text("")
    result = cli("corpus", "add", str(docs), "--name", "x")
    assert result.code == 8
    assert result.out.count("  failed ") == 20
    assert result.out.splitlines()[-1] == "  and 10 more failed; list them all with --json"
    told = cli("corpus", "add", str(docs), "--name", "x", "--json")
    assert told.code == 8
    report = json.loads(told.out)
    assert (report["unchanged"], len(report["failed"])) == (1, 30)
    assert report["failed"][29]["path"].endswith("/29.md") and "empty" in report["failed"][29]["reason"]


@pytest.mark.parametrize("path", ["nope.md", os.devnull, "https://example.com/a.md", "caf\udce9.md"])
def test_a_path_that_gives_nothing_leaves_no_corpus_behind(cli: Cli, path: str) -> None:
    result = cli("corpus", "add", path, "--name", "x")
    assert result.code == 8
    assert result.error_lines[0] == "error: no document was added to corpus 'x'"
    assert "  failed " in result.out
    assert "\nx " not in cli("corpus", "list").out


def test_what_a_corpus_may_be_called(cli: Cli) -> None:
    docs = str(folder())
    is_error(cli("corpus", "add", docs, "--name", "Bad Name!"), 2, "can not be called 'Bad Name!'", "lower-case")
    is_error(cli("corpus", "add", docs, "--name", "primer"), 2, "can not be called 'primer'")
    is_error(cli("corpus", "add", docs), 2, "--name", "--help")
    is_error(cli("corpus", "add", "--name", "x"), 2, "PATHS", "--help")
    assert cli("corpus", "add", docs, "--name", "x").code == 0
    is_error(cli("corpus", "add", docs, "--name", "x", "--label", "internal"), 2, "labelled public, not internal")


def test_control_characters_of_a_document_are_shown_and_never_obeyed(cli: Cli) -> None:
    docs = folder()
    (docs / "hostile.md").write_text(HOSTILE, encoding="utf-8")
    cli("corpus", "add", str(docs), "--name", "x")
    for arguments in (
        ("corpus", "show", "x"),
        ("corpus", "show", "x", "hostile"),
        ("corpus", "search", "qwertzon", "--corpus", "x"),
        ("ask", "What does the qwertzon node say?", "--corpus", "x"),
        ("ask", "What does the qwertzon node say?", "--corpus", "x", "--stream", "--explain"),
        ("ask", "What does the qwertzon node say?", "--corpus", "x", "--json"),
        ("runs", "show", "last", "--events"),
        ("runs", "show", "last", "--json"),
        ("memory", "list"),
    ):
        result = cli(*arguments)
        assert result.code == 0
        assert not set("\x1b\x07\u202e") & set(result.out + result.err), arguments
    assert r"\x1b]0;owned\x07" in cli("corpus", "show", "x", "hostile").out


def test_nothing_is_deleted_without_a_yes(cli: Cli) -> None:
    cli("corpus", "add", str(folder()), "--name", "x")
    is_error(cli("corpus", "remove", "x", stdin=b"y\n"), 2, "nobody is at the terminal", "--yes")
    is_error(cli("memory", "clear", stdin=b"y\n"), 2, "nobody is at the terminal", "--yes")
    assert cli("corpus", "audit", "x").out == "x: 1 documents, 1 chunks: sound\n"
    assert cli("corpus", "remove", "x", "--yes").out == "removed x\n"


def test_a_corpus_of_another_embedder_is_named_before_anything_is_asked(cli: Cli, own_home: Path) -> None:
    cli("corpus", "add", str(folder()), "--name", "x")
    with sqlite3.connect(own_home / "knowledge" / "corpora.sqlite3") as connection:
        connection.execute("UPDATE corpus SET embedder = 'other', digest = 'ffff'")
    connection.close()
    for arguments in (("ask", "zorb?"), ("ask", "zorb?", "--corpus", "x"), ("corpus", "search", "zorb")):
        is_error(cli(*arguments), 8, "made with the embedder other", "coreagent corpus rebuild x")
    assert cli("ask", "What is the A1 interface?", "--corpus", "primer").code == 0
    assert cli("corpus", "rebuild", "x").out == "x: 1 documents made anew\n"
    assert cli("corpus", "audit", "x", "--deep").out == "x: 1 documents, 1 chunks: sound\n"
    assert cli("ask", "zorb?", "--corpus", "x").code == 0


def test_what_the_documents_are_is_shown_where_it_is_known(cli: Cli) -> None:
    docs = folder()
    cli("corpus", "add", str(docs / "good.md"), "--name", "x")
    plain = cli("corpus", "show", "x").out
    assert plain.split("\n")[0].split() == ["document", "title", "chunks", "characters"]
    text = "# 1 Scope\n\nThe present document specifies how the nodes of a network are to be set up by the operator.\n"
    (docs / "23501-h40.md").write_text(text, encoding="utf-8")
    cli("corpus", "add", str(docs), "--name", "x")
    head, spec, good = cli("corpus", "show", "x").out.splitlines()
    shown = ["document", "title", "number", "version", "release", "language", "chunks", "characters"]
    assert head.split() == shown
    assert spec.split() == ["23501-h40", *["TS", "23.501"] * 2, "17.4.0", "17", "en", "1", str(len(text))]
    assert good.split()[:2] == ["good", "Good"]
