"""What every store keeps and gives back, whichever database is behind it."""

import hashlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.errors import UnknownNameError
from coreagent.knowledge.documents.document import Document, Specification
from coreagent.knowledge.glossary import Term
from coreagent.knowledge.store.prepared import Prepared
from coreagent.knowledge.store.rows import CorpusRow
from coreagent.knowledge.store.schema import BLOCK_CHARACTERS
from coreagent.knowledge.store.store import Store
from coreagent.knowledge.structure.chunking import Chunk
from coreagent.knowledge.structure.clauses import Clause
from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity

EMBEDDER = EmbedderIdentity("words", 4, "digest")
TEXT = "# 5 Procedures\n\nAll of it.\n\n## 5.1 Registration\n\nThe UE registers with the AMF. 注册流程。\n"
AT = TEXT.index("## 5.1")


def document(path: str = "/d/spec.md", text: str = TEXT, **more: Any) -> Document:
    name = path.rsplit("/", 1)[-1]
    digest = hashlib.sha256(text.encode()).hexdigest()
    fields: dict[str, Any] = {"title": "Procedures", "format": "markdown", "grammar": "markdown"}
    return Document(path=path, name=name, text=text, sha256=digest, **{**fields, **more})


def prepared(path: str = "/d/spec.md", text: str = TEXT, **more: Any) -> Prepared:
    """Two clauses with a chunk each, and a chunk above them where the text goes on."""
    at = text.index("## 5.1")
    whole = Clause(number="5", title="Procedures", path="5 Procedures", level=1, start=0, end=len(text))
    inner = Clause(
        number="5.1",
        title="Registration",
        path="5 Procedures > 5.1 Registration",
        level=2,
        start=at,
        end=len(text),
        parent=0,
    )
    chunks = (
        Chunk("5 Procedures", 0, at - 2, text[: at - 2], 0),
        Chunk("5 Procedures > 5.1 Registration", at, len(text) - 1, text[at:-1], 1, "definition", "Terms:"),
    )
    terms = (Term(abbreviation="AMF", expansion="Access and Mobility Management Function", source="TS 23.501"),)
    return Prepared(
        document=document(path, text, **more), clauses=(whole, inner), chunks=chunks, terms=terms, signature=b"\x00sig"
    )


def vectors(count: int = 2, seed: int = 0) -> NDArray[np.float32]:
    made = np.random.default_rng(seed).standard_normal((count, 4)).astype(np.float32)
    out: NDArray[np.float32] = made / np.linalg.norm(made, axis=1, keepdims=True)
    return out


@pytest.fixture
def corpus(store: Store) -> CorpusRow:
    return store.create("mine", label=Sensitivity.INTERNAL, embedder=EMBEDDER)


def test_a_document_comes_back_with_everything_it_was_given(store: Store, corpus: CorpusRow) -> None:
    given = prepared(
        specification=Specification(number="TS 23.502", version="17.4.0", release="17"),
        language="zh",
        meta={"label": "confidential", "license": "CC-BY-4.0", "aliases": ("one", "two")},
        pages=(0, AT),
        body_start=3,
    )
    assert store.put(corpus, given, vectors=vectors()) == "added"
    (row,) = store.documents(corpus)
    assert (row.path, row.slug, row.sha256) == ("/d/spec.md", "spec", given.document.sha256)
    assert (row.title, row.format, row.grammar, row.body_start) == ("Procedures", "markdown", "markdown", 3)
    assert row.specification == given.document.specification and row.family
    assert (row.language, row.label, row.licence) == ("zh", Sensitivity.CONFIDENTIAL, "CC-BY-4.0")
    assert row.meta == {"label": "confidential", "license": "CC-BY-4.0", "aliases": ["one", "two"]}
    assert (row.signature, row.pages) == (b"\x00sig", (0, AT))
    assert (row.characters, row.chunks, row.clauses) == (len(TEXT), 2, 2)
    assert row.added.endswith("+00:00")
    assert store.text(row.id) == TEXT
    assert store.terms(corpus) == given.terms


def test_a_chunk_knows_its_clause_page_kind_and_label(store: Store, corpus: CorpusRow) -> None:
    store.put(corpus, prepared(pages=(0, AT), meta={"label": "confidential"}), vectors=vectors())
    first, second = store.chunk_rows(corpus)
    assert (first.page, second.page) == (1, 2)
    assert (second.kind, second.context, second.label) == ("definition", "Terms:", Sensitivity.CONFIDENTIAL)
    assert (second.clause_number, second.clause_start, second.clause_end) == ("5.1", AT, len(TEXT))
    assert second.text == TEXT[second.start : second.end]
    top, inner = store.clauses(corpus)
    assert (top.parent_id, inner.parent_id) == (0, top.id)
    assert inner.id == second.clause_id
    assert store.clauses(corpus, number="5.1") == (inner,)
    assert store.clauses(corpus, document_id=top.document_id + 1) == ()


def test_a_chunk_outside_any_clause_spans_itself(store: Store, corpus: CorpusRow) -> None:
    text = "Only a line."
    loose = Prepared(document=document("/d/x.txt", text), clauses=(), chunks=(Chunk("", 0, 12, text),))
    store.put(corpus, loose, vectors=vectors(1))
    (row,) = store.chunk_rows(corpus)
    assert (row.clause_id, row.clause_number, row.clause_start, row.clause_end, row.page) == (0, "", 0, 12, 0)


def test_columns_and_vectors_are_in_the_order_of_ids(store: Store, corpus: CorpusRow) -> None:
    store.put(corpus, prepared("/d/a.md"), vectors=vectors(seed=1))
    store.put(corpus, prepared("/d/b.md"), vectors=vectors(seed=2))
    columns = store.columns(corpus)
    assert columns.ids.tolist() == sorted(columns.ids.tolist()) == store.chunk_ids(corpus).tolist()
    assert columns.documents[0] == columns.documents[1] != columns.documents[2]
    rows = list(store.chunk_rows(corpus))
    assert columns.clauses.tolist() == [row.clause_id for row in rows]
    digests = [int.from_bytes(hashlib.sha256(row.text.encode()).digest()[:8], "big") for row in rows]
    assert columns.digests.tolist() == digests
    ((ids, found),) = store.vectors(corpus, columns.ids[::-1])
    assert ids.tolist() == columns.ids.tolist()
    assert np.array_equal(found, np.concatenate([vectors(seed=1), vectors(seed=2)]))
    ((some, part),) = store.vectors(corpus, np.array([int(ids[3]), int(ids[0]), 10**6], dtype=np.int64))
    assert some.tolist() == [ids[0], ids[3]]
    assert np.array_equal(part, found[[0, 3]])


def test_an_empty_corpus_has_empty_columns(store: Store, corpus: CorpusRow) -> None:
    columns = store.columns(corpus)
    assert [len(part) for part in (columns.ids, columns.documents, columns.clauses, columns.digests)] == [0] * 4
    assert (store.documents(corpus), store.clauses(corpus), store.terms(corpus)) == ((), (), ())
    assert list(store.chunk_rows(corpus)) == [] and list(store.vectors(corpus, columns.ids)) == []
    assert store.stats(corpus).chunks == 0


def test_a_changed_document_takes_the_place_of_the_old_and_ids_never_come_back(store: Store, corpus: CorpusRow) -> None:
    store.put(corpus, prepared(), vectors=vectors())
    before = set(store.chunk_ids(corpus).tolist())
    assert store.put(corpus, prepared(), vectors=vectors()) == "unchanged"
    assert store.put(corpus, prepared(text=TEXT + "More.\n"), vectors=vectors(seed=3)) == "replaced"
    after = set(store.chunk_ids(corpus).tolist())
    assert len(after) == 2 and min(after) > max(before)
    (row,) = store.documents(corpus)
    assert row.slug == "spec" and store.text(row.id).endswith("More.\n")
    assert len(store.clauses(corpus)) == 2 and len(store.terms(corpus)) == 1


def test_the_revision_changes_with_every_change_and_only_then(store: Store, corpus: CorpusRow) -> None:
    seen = [store.corpus("mine").revision]
    changes: list[Callable[[], object]] = [
        lambda: store.put(corpus, prepared(), vectors=vectors()),
        lambda: store.remove_document(corpus, "spec"),
    ]
    for change in changes:
        change()
        seen.append(store.corpus("mine").revision)
    assert len(set(seen)) == 3
    store.put(corpus, prepared(), vectors=vectors())
    kept = store.corpus("mine").revision
    store.put(corpus, prepared(), vectors=vectors())
    assert store.corpus("mine").revision == kept


def test_put_many_is_all_or_nothing(store: Store, corpus: CorpusRow) -> None:
    good, bad = (prepared("/d/a.md"), vectors()), (prepared("/d/b.md"), vectors(1))
    with pytest.raises(ValueError):
        store.put_many(corpus, [good, bad])
    assert store.documents(corpus) == () and len(store.chunk_ids(corpus)) == 0
    assert store.put_many(corpus, [good, good, (prepared("/d/b.md"), vectors())]) == ("added", "unchanged", "added")


def test_equal_names_get_slugs_of_their_own(store: Store, corpus: CorpusRow) -> None:
    store.put_many(corpus, [(prepared(f"/{one}/Read Me.md"), vectors()) for one in "abc"])
    slugs = [row.slug for row in store.documents(corpus)]
    assert len(set(slugs)) == 3 and "read-me" in slugs


def test_removing_a_document_leaves_nothing_of_it(store: Store, corpus: CorpusRow) -> None:
    store.put_many(corpus, [(prepared("/d/a.md"), vectors()), (prepared("/d/b.md"), vectors())])
    store.remove_document(corpus, "a")
    assert [row.slug for row in store.documents(corpus)] == ["b"]
    stats = store.stats(corpus)
    assert (stats.documents, stats.clauses, stats.chunks, stats.terms) == (1, 2, 2, 1)
    with pytest.raises(UnknownNameError):
        store.remove_document(corpus, "a")


def test_a_removed_corpus_is_gone_and_takes_no_more(store: Store, corpus: CorpusRow) -> None:
    store.put(corpus, prepared(), vectors=vectors())
    store.save_derived(store.corpus("mine"), "bm25", data=b"x")
    store.remove("mine")
    with pytest.raises(UnknownNameError):
        store.put(corpus, prepared(), vectors=vectors())
    with pytest.raises(UnknownNameError):
        store.corpus("mine")
    again = store.create("mine", label=Sensitivity.PUBLIC, embedder=EMBEDDER)
    assert again.uid != corpus.uid and store.documents(again) == ()


@pytest.mark.parametrize("length", [1, BLOCK_CHARACTERS - 1, BLOCK_CHARACTERS, 3 * BLOCK_CHARACTERS + 5])
def test_spans_of_long_texts(store: Store, corpus: CorpusRow, length: int) -> None:
    text = "".join(chr(0x4E00 + at % 5000) if at % 3 else "a" for at in range(length))
    store.put(corpus, Prepared(document=document(text=text), clauses=(), chunks=()), vectors=vectors(0))
    (row,) = store.documents(corpus)
    assert store.text(row.id) == text and row.characters == length
    edge = min(length, BLOCK_CHARACTERS)
    spans = [(0, length), (0, 0), (edge - 1, edge), (edge - 1, edge + 1), (length - 1, length + 50), (length + 1, 9**9)]
    assert store.spans(row.id, spans) == [text[start:end] for start, end in spans]
    assert store.spans(row.id + 1, [(0, 5)]) == [""]


def test_a_saved_index_is_of_its_revision_only(store: Store, corpus: CorpusRow) -> None:
    store.save_derived(corpus, "bm25", data=b"\x00one")
    store.save_derived(corpus, "bm25", data=b"\x00two")
    assert store.derived(corpus, "bm25") == b"\x00two"
    store.put(corpus, prepared(), vectors=vectors())
    moved = store.corpus("mine")
    assert store.derived(moved, "bm25") is None
    store.save_derived(corpus, "bm25", data=b"late")
    assert store.derived(moved, "bm25") is None


def test_stats_count_what_is_there(store: Store, corpus: CorpusRow) -> None:
    store.put_many(
        corpus,
        [
            (prepared("/d/a.md", language="en", meta={"license": "MIT"}), vectors()),
            (prepared("/d/b.md", language="en", meta={"label": "confidential"}), vectors()),
            (prepared("/d/c.pdf", language="zh", format="pdf", meta={"label": "public"}), vectors()),
        ],
    )
    stats = store.stats(corpus)
    assert (stats.documents, stats.clauses, stats.chunks, stats.characters) == (3, 6, 6, 3 * len(TEXT))
    assert stats.duplicates == 4
    assert stats.languages == {"en": 2, "zh": 1} and stats.formats == {"markdown": 2, "pdf": 1}
    assert stats.labels == {"internal": 2, "confidential": 1}
    assert stats.licences == {"": 2, "MIT": 1} and stats.kinds == {"definition": 3, "text": 3}


def test_two_stores_on_one_database_see_each_other(opener: Callable[[], Store]) -> None:
    one, two = opener(), opener()
    corpus = one.create("mine", label=Sensitivity.PUBLIC, embedder=EMBEDDER)
    assert two.create("mine", label=Sensitivity.CONFIDENTIAL, embedder=EMBEDDER) == corpus
    two.put(corpus, prepared(), vectors=vectors())
    assert [row.slug for row in one.documents(corpus)] == ["spec"]


def test_writers_at_once_lose_nothing(opener: Callable[[], Store]) -> None:
    stores = [opener() for _ in range(4)]
    corpus = stores[0].create("mine", label=Sensitivity.PUBLIC, embedder=EMBEDDER)
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            for at in range(10):
                stores[number].put(corpus, prepared(f"/{number}/{at}.md"), vectors=vectors(seed=number))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must show it
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(stores[0].documents(corpus)) == 40
    assert len(set(stores[0].chunk_ids(corpus).tolist())) == 80


def test_a_failed_transaction_leaves_the_store_usable(store: Store, corpus: CorpusRow) -> None:
    with pytest.raises(ValueError):
        store.put(corpus, prepared(), vectors=vectors(1))
    assert store.put(corpus, prepared(), vectors=vectors()) == "added"
    assert store.faults(store.corpora()[0]) == ()
