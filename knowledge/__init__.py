"""Corpora: from a file on disk to a cited passage.

The way of a document, one folder a step: ``documents`` finds and converts files, ``structure`` cuts them along their
clauses, ``ingest`` runs that in worker processes, ``embedding`` makes vectors, ``store`` keeps everything as the source
of truth, ``index`` derives what is searched, ``search`` turns a question into evidence. ``library`` is the front door,
``retrieval`` the seam that the rest of the package knows.
"""
