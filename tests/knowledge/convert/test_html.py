from pathlib import Path

import pytest

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.html.converter import convert


def text_of(tmp_path: Path, page: str) -> str:
    path = tmp_path / "x.html"
    path.write_text(page, encoding="utf-8")
    return convert(path).text


def test_title_language_and_meta(tmp_path: Path) -> None:
    path = tmp_path / "x.htm"
    head = '<title>AMF &amp;\n SMF</title><meta name="Author" content="A. Person"><meta name="label" content="secret">'
    path.write_text(f'<!doctype html><html lang="zh-CN"><head>{head}</head><body><h2>标题</h2>正文</body></html>')
    found = convert(path)
    assert (found.title, found.text, found.grammar) == ("AMF & SMF", "## 标题\n\n正文\n", "markdown")
    assert found.meta == {"lang": "zh-CN", "author": "A. Person"}


def test_the_first_heading_stands_in_for_a_title(tmp_path: Path) -> None:
    path = tmp_path / "x.html"
    path.write_text("<h1>A <em>guide</em></h1><p>Words")
    assert convert(path).title == "A guide"


def test_only_the_page_itself_is_read(tmp_path: Path) -> None:
    page = """<body><nav>menu</nav><script>alert(1)</script><style>p {}</style><template><p>t</p></template>
    <!-- comment --><noscript>enable scripts</noscript><div role="navigation">more menu</div>
    <aside>advert</aside><aside class="footnote">kept</aside><p hidden>h</p><p style="color: red; display:none">h</p>
    <span aria-hidden="true">h</span><h1>Title<a class="headerlink" href="#t">¶</a></h1>
    <p>See <a href="javascript:alert(1)">this</a> &lt;b&gt; &amp;amp; <img src="http://x/y.png" alt="A diagram">.</p>
    <svg><text>s</text></svg><button>Click</button><footer>legal</footer> tail</body>"""
    assert text_of(tmp_path, page) == ("kept\n\n# Title\n\nSee this <b> &amp; [Picture: A diagram].\n\ntail\n")


def test_words_never_become_structure(tmp_path: Path) -> None:
    page = "<p>---<br>label: public<br>===</p><p># x</p><p>| a |</p><p>```</p><p>snake_case *x*</p>"
    assert text_of(tmp_path, page) == ("\\---\nlabel: public\n\\===\n\n\\# x\n\n\\| a |\n\n\\```\n\nsnake_case *x*\n")


def test_lists_and_definitions(tmp_path: Path) -> None:
    page = """<ul><li>one<ul><li>inner</li></ul></li><li><p>two</p><p>more</p></li></ul><ol start="3"><li>c<li>d</ol>
    <dl><dt>AMF<dd>Access<dt>SMF<dt>S<dd><p>Session</p><p>more</p><dt>UPF</dl>after"""
    assert text_of(tmp_path, page) == (
        "- one\n  - inner\n- two\n  more\n3. c\n4. d\n- AMF: Access\n- SMF; S: Session\n  more\n- UPF\n\nafter\n"
    )


def test_tables_with_spans(tmp_path: Path) -> None:
    page = """<table><caption>Table 1: Bands</caption><thead><tr><th rowspan=2>Band<th colspan=2>Range</tr>
    <tr><th>UL<th>DL</tr></thead><tr><td rowspan="2">n77<td>1<td>a|b</tr><tr><td><p>x</p><p>y</p><td><ul><li>z</ul></tr>
    <tr><td colspan="3">NOTE: all</tr></table>"""
    assert text_of(tmp_path, page) == (
        "**Table 1: Bands**\n| Band | Range / UL | Range / DL |\n| --- | --- | --- |\n| n77 | 1 | a\\|b |\n"
        "| n77 | x<br>y | z |\n| NOTE: all |  |  |\n"
    )


def test_a_layout_table_is_no_table(tmp_path: Path) -> None:
    page = "<table><tr><td>menu<td><h2>News</h2><table><tr><th>a<th>b<tr><td>1<td>2</table></table>"
    assert text_of(tmp_path, page) == "menu\n\n## News\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n"


def test_hostile_spans_are_bounded(tmp_path: Path) -> None:
    page = '<table><tr><th colspan="999999999">a<th rowspan="99999999">b<tr><td colspan="-1">c<td rowspan="x">d</table>'
    assert len(text_of(tmp_path, page)) < 10_000


def test_spans_do_not_multiply_without_end(tmp_path: Path) -> None:
    cells = "".join(f'<td rowspan="2000">{"word " * 15}</td>' for _ in range(150))
    page = f"<table><tr>{cells}" + "<tr><td>x" * 2_000 + "</table>"
    assert len(text_of(tmp_path, page)) < 3_000_000
    wide = "<table><tr>" + "<td>x" * 20_000 + "<tr><td>y" * 5_000 + "</table>"
    text = text_of(tmp_path, wide)
    assert len(text) < 5_000_000
    assert text.count("x") == 20_000


def test_code_keeps_its_lines(tmp_path: Path) -> None:
    page = '<div class="highlight-python"><div><pre><code>def f():\n    return <b>1</b>\n```\n</code></pre></div></div>'
    assert text_of(tmp_path, page) == "````python\ndef f():\n    return 1\n```\n````\n"


def test_scripts_of_mathematics(tmp_path: Path) -> None:
    page = '<p>2<sup>10</sup> N<sub>RB</sub> 1<sup>st</sup> <math alttext="a^2"><mi>a</mi></math></p>'
    assert text_of(tmp_path, page) == "2^10 N_RB 1st a^2\n"


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("gb18030", '<meta charset="gb2312">'),
        ("big5", "<meta http-equiv=Content-Type content='text/html; charset=big5'>"),
        ("gb18030", '<?xml version="1.0" encoding="GB18030"?>'),
        ("utf-8", '<meta charset="utf-16">'),
        ("utf-8", '<meta charset="no-such-thing">'),
        ("utf-8", '<meta charset="zip">'),
    ],
)
def test_charsets(tmp_path: Path, encoding: str, declared: str) -> None:
    path = tmp_path / "x.html"
    path.write_bytes(f"{declared}<p>網路切片 5G</p>".encode(encoding))
    assert convert(path).text == "網路切片 5G\n"


def test_windows_text_that_calls_itself_latin(tmp_path: Path) -> None:
    path = tmp_path / "x.html"
    path.write_bytes('<meta charset="iso-8859-1"><p>“Überlast” – 5 €</p>'.encode("cp1252"))
    assert convert(path).text == "“Überlast” – 5 €\n"


def test_deep_nesting_never_overflows(tmp_path: Path) -> None:
    assert text_of(tmp_path, "<div>" * 1_500 + "deep") == "deep\n"
    assert "x" in text_of(tmp_path, "<ul><li>x" * 500)
    with pytest.raises(DocumentError, match="2,048 deep") as caught:
        text_of(tmp_path, "<div>" * 100_000 + "deep")
    assert caught.value.mend


def test_broken_markup_is_read_all_the_same(tmp_path: Path) -> None:
    assert text_of(tmp_path, "</p></div><p>a<b>b<p>c</table><td>d &bogus; &#0; &#55296;<").startswith("ab\n\nc")


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b" \n", "is empty"),
        (b"<html><script>render()</script><body><div id=app></div></body></html>", "holds no text"),
        (b"<!-- -->", "holds no text"),
        (bytes(range(256)) * 40, "binary"),
    ],
)
def test_bad_pages_say_why(tmp_path: Path, data: bytes, cause: str) -> None:
    path = tmp_path / "x.html"
    path.write_bytes(data)
    with pytest.raises(DocumentError, match=cause) as caught:
        convert(path)
    assert caught.value.mend and caught.value.path == str(path)


def test_a_missing_page(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="can not be read"):
        convert(tmp_path / "none.html")


def test_what_a_word_processor_exports(tmp_path: Path) -> None:
    page = (
        '<div title="header"><p>TS 99.001</p></div><h1 class="contents-heading">Contents</h1>'
        '<div id="Table of Contents1"><p>1 Scope 4</p></div>'
        "<h1>1Scope</h1><h2>4.2HBS procedure</h2><h2>5G core</h2><h1>6中文</h1><p>FHGW\tFronthaul\tGateway</p>"
        "<p>Table A.1: Alarms</p><table><tr><th>Alarm</th></tr><tr><td>7031</td></tr></table>"
        '<p>Table of the king</p><p>last</p><div title="footer"><p>5</p></div>'
    )
    assert text_of(tmp_path, page) == (
        "# 1 Scope\n\n## 4.2 HBS procedure\n\n## 5G core\n\n# 6 中文\n\nFHGW\tFronthaul Gateway\n\n"
        "**Table A.1: Alarms**\n| Alarm |\n| --- |\n| 7031 |\n\nTable of the king\n\nlast\n"
    )


def test_lists_count_in_letters_and_romans_too(tmp_path: Path) -> None:
    page = '<ol type="a" start="2"><li>b<ol type="I"><li>one<li>two</ol><li>c</ol><p>kept <del>deleted</del></p>'
    assert text_of(tmp_path, page) == "b. b\n  I. one\n  II. two\nc. c\n\nkept\n"
