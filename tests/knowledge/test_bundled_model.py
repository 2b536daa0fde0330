import hashlib
import json

import numpy as np

from coreagent.knowledge.embedding.static_embedder import BUNDLED, StaticEmbedder


def test_notice_and_training_report_are_about_the_weights_shipped() -> None:
    digest = json.loads((BUNDLED / "model.json").read_text(encoding="utf-8"))["digest"]
    with np.load(BUNDLED / "weights.npz") as archive:
        data = archive["rows"].tobytes() + archive["scale"].tobytes() + (BUNDLED / "vocab.txt").read_bytes()
    assert hashlib.sha256(data).hexdigest() == digest
    for name in ("NOTICE.md", "TRAINING.md"):
        assert digest in (BUNDLED / name).read_text(encoding="utf-8"), name


def test_every_row_has_one_token_of_its_own_and_can_be_used() -> None:
    vocabulary = (BUNDLED / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    assert len(set(vocabulary)) == len(vocabulary)
    with np.load(BUNDLED / "weights.npz") as archive:
        scale = archive["scale"].astype(np.float32)
    assert np.isfinite(scale).all() and scale.min() >= 0


def test_abbreviations_of_the_field_are_near_what_they_stand_for() -> None:
    names = ["AMF", "UPF", "RIC", "BGP"]
    meanings = [
        "access and mobility management function",
        "user plane function",
        "RAN intelligent controller",
        "border gateway protocol",
    ]
    embedder = StaticEmbedder.load()
    cosines = embedder.embed(names) @ embedder.embed(meanings).T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_chinese_characters_of_the_vocabulary_still_mean_something() -> None:
    one, another, other = StaticEmbedder.load().embed(["北京大学", "上海大学", "山川水火"])
    assert one @ another > one @ other > 0
