"""``builtin/summarizer``: quotes the sentences that answer, with their numbers; picks options by the evidence."""

import re
from collections.abc import Mapping, Sequence

from coreagent.messages import ToolCall
from coreagent.models.builtin.base import BuiltinModel, named, under_strict_rules, user_sections
from coreagent.models.builtin.comparisons import comparison_in
from coreagent.models.builtin.contrast import contrast
from coreagent.models.builtin.evidence import (
    CONTEXT,
    Piece,
    Sentence,
    heading_words,
    pieces_of,
    sentences_of,
    title_words,
    weights_of,
)
from coreagent.models.builtin.markers import is_empty_handed
from coreagent.models.builtin.options import Ranking, Scored, rank_options
from coreagent.models.builtin.parts import split_parts
from coreagent.models.builtin.relevance import Asked, denies, gives_cause, relevance, tells_how
from coreagent.models.builtin.sentences import passage_sentences
from coreagent.models.builtin.words import GENERIC, acronyms, overlap, terms, vocabulary
from coreagent.models.chat import ChatRequest
from coreagent.questions import ParsedQuestion, parse_question
from coreagent.sections import Section

MAX_SENTENCES = 3
MAX_COMPUTED = 6
MIN_RELEVANCE = 0.34
"""Below this the best sentence is about something else."""
REFUSAL = (
    "REFUSED: the request reads like an attempt at misuse, and the built-in models can not tell whether it is one."
)
_EVERYTHING = re.compile(r"(?:all|both) of (?:the )?(?:above|these)|all the above", re.IGNORECASE)
MIN_COVERAGE = 0.5
"""Share of the question's words that the chosen evidence must speak of."""
_NAMED = re.compile(r"(?:the )?(?:[\w-]+ ){1,4}is:? ([\w./-]{1,60})(?= \(|:|\.?$)", re.IGNORECASE)
_CAUSE_IS = re.compile(r"^(?:the )?(?:most likely )?(?:root )?cause(?: is)?\s*:?\s*", re.IGNORECASE)


class BuiltinSummarizer(BuiltinModel):
    """Extractive: every sentence it writes stands in the evidence it cites."""

    role = "summarizer"

    def answer(self, request: ChatRequest) -> tuple[str, tuple[ToolCall, ...]]:
        """An answer to the request's question from its evidence."""
        found = user_sections(request)
        if under_strict_rules(request):
            return REFUSAL, ()
        question = next((section for section in found if section.name == "question"), Section("question", ""))
        form = question.attributes.get("form", "open")
        pieces = pieces_of(named(found, "evidence"))
        parsed = parse_question(question.body)
        computed = [piece for piece in pieces if piece.tool and not is_empty_handed(piece.text)]
        passages = [piece for piece in pieces if not piece.tool]
        if form in ("choice", "diagnosis") and parsed.options:
            guess = form == "choice" and question.attributes.get("guess", "yes") != "no"
            text = self._choose(parsed, computed, passages, guess=guess, must_decide=form == "choice")
        elif form == "diagnosis":
            text = _diagnosed(parsed, computed)
        elif computed and form in ("number", "action"):
            text = _quoted(computed)
        else:
            text = self._open(question.body, computed, passages)
        return text or _not_found(question.body, pieces), ()

    def _open(self, question: str, computed: Sequence[Piece], passages: Sequence[Piece]) -> str:
        parts = split_parts(question)
        lines = [_quoted(computed)] if computed else []
        missing: list[str] = []
        used: set[str] = set()
        left = MAX_SENTENCES if len(parts) == 1 else 2
        for part in parts:
            if computed and _spoken_of(part, computed):
                continue
            asked = comparison_in(part)
            chosen = contrast(self._embedder, asked, passages, enough=MIN_RELEVANCE) if asked else []
            chosen = chosen or self._select(part, passages, limit=left, used=used)
            if chosen:
                said = [sentence for sentence in chosen if sentence.text not in used]
                used.update(sentence.text for sentence in said)
                lines.append(" ".join(_cite(sentence) for sentence in said))
            else:
                missing.append(part)
        if lines and missing and len(parts) > 1:
            lines.append(f"Not found: {_shown(missing[0])}" if not passages else "")
        return "\n".join(line for line in lines if line)

    def _select(self, question: str, passages: Sequence[Piece], *, limit: int, used: set[str]) -> list[Sentence]:
        sentences = [s for s in sentences_of(self._embedder, question, passages) if not s.bare]
        if not sentences:
            return []
        weights = weights_of(sentences)
        asked = Asked.of(question)
        scores = {id(s): relevance(s, asked, weights) for s in sentences}
        best = max(sentences, key=lambda s: scores[id(s)])
        if not _answers(asked, best, scores[id(best)], passages):
            return []
        # What answers this part too was said for another: the next best would be about something else.
        return [best] if best.text in used else _cover(sentences, scores, asked, limit=limit, first=best)

    def _choose(
        self,
        parsed: ParsedQuestion,
        computed: Sequence[Piece],
        passages: Sequence[Piece],
        *,
        guess: bool,
        must_decide: bool,
    ) -> str:
        """The option that the evidence names; else, where a guess is wanted, the likeliest one by its wording."""
        named_labels = _labels_of_tools(parsed, computed)
        if named_labels:
            label, piece = named_labels
            return _with_choice(_cite_piece(piece), (label,), parsed)
        question = f"{parsed.stem[-1_000:]} {' '.join(option.text for option in parsed.options)}"
        sentences = sentences_of(self._embedder, question, passages)
        pieces = [*computed, *passages]
        ranking = rank_options(self._embedder, parsed, sentences, pieces, weights=weights_of(sentences))
        picked = _pick(parsed, ranking)
        spoken_of = any(one.sentence or one.piece for one in ranking.scored)
        if ranking.backed or (spoken_of and not must_decide):
            text = _reasons(parsed, ranking.scored, picked)
            if text:
                return _with_choice(text, tuple(one.option.label for one in picked), parsed)
        return _guessed(parsed, picked) if guess else ""


def _reasons(parsed: ParsedQuestion, scored: Sequence[Scored], picked: Sequence[Scored]) -> str:
    """What speaks for the picked options; where the odd one out is wanted, what speaks for the others."""
    reasons: list[str] = []
    for one in picked if not parsed.negated else _others(scored, picked):
        if one.sentence:
            reasons.append(_cite(one.sentence))
        elif one.piece:
            reasons.append(_cite_piece(one.piece))
    return " ".join(dict.fromkeys(reasons[:3]))


def _guessed(parsed: ParsedQuestion, picked: Sequence[Scored]) -> str:
    labels = tuple(one.option.label for one in picked)
    share = min(one.probability for one in picked)
    said = f"Not found in the corpora. Likeliest of the options, judged without evidence: {', '.join(labels)}."
    return _with_choice(f"{said}\nConfidence: {share:.2f}", labels, parsed)


def _answers(asked: Asked, best: Sentence, score: float, passages: Sequence[Piece]) -> bool:
    """Is the best sentence good enough, and do its passage and source speak of most of what was asked?"""
    if score < MIN_RELEVANCE or not asked.words:
        return False
    everything: set[str] = set()
    for passage in passages:
        everything |= vocabulary(passage.text) | heading_words(passage)
    unknown = [name for name in asked.names if not set(terms(name)) & everything]
    if asked.names and len(unknown) == len(asked.names):
        return False
    # Rarity says nothing here: the word that no passage holds would count most, however idle it is.
    names = {word for name in asked.names for word in terms(name)}
    weights = {word: 2.0 if word in names else 1.0 for word in asked.words}
    around = vocabulary(best.piece.text) | heading_words(best.piece)
    return overlap(asked.words, around, weights) >= MIN_COVERAGE


def _cover(
    sentences: Sequence[Sentence], scores: Mapping[int, float], asked: Asked, *, limit: int, first: Sentence
) -> list[Sentence]:
    """Add what brings words of the question not yet covered, or goes on where the first leaves off; no repetition."""
    chosen = [first]
    best = scores[id(first)]
    for candidate in sorted(sentences, key=lambda s: -scores[id(s)]):
        score = scores[id(candidate)]
        if len(chosen) >= limit or score < (0.5 if asked.wants_more else 0.7) * best:
            break
        covered = {word for s in chosen for word in s.own | title_words(s.piece)}
        new = [word for word in asked.words if word in candidate.own and word not in covered and word not in GENERIC]
        follows = (
            not denies(candidate.text)
            and candidate.piece is first.piece
            and 0 < candidate.place - first.place <= CONTEXT
        )
        # A sentence that only says that it is so leaves the cause to another.
        cause = asked.why and gives_cause(candidate.text) and not any(gives_cause(s.text) for s in chosen)
        # The rule of a procedure often stands right after the sentence that names it.
        rule = (
            follows and asked.wants_more and tells_how(candidate.text) and any(w in candidate.own for w in asked.words)
        )
        near = cause or rule or score >= (0.75 if follows and asked.wants_more else 0.95) * best
        beside = sum(word in candidate.own for word in asked.words) < 0.5 * sum(w in first.own for w in asked.words)
        repeats = any(_alike(candidate, s) > 0.6 for s in chosen)
        if (
            candidate is not first
            and not repeats
            and not (beside and not follows and not cause)
            and (near or (new and score >= 0.7 * best))
        ):
            chosen.append(candidate)
    head, rest = chosen[0], chosen[1:]
    # The answer comes first; what supports it follows in the order of its source.
    return [head, *sorted(rest, key=lambda s: (s.piece.number, s.place))]


def _alike(left: Sentence, right: Sentence) -> float:
    shorter = min(len(left.own), len(right.own)) or 1
    return len(left.own & right.own) / shorter


def _pick(parsed: ParsedQuestion, ranking: Ranking) -> list[Scored]:
    scored = ranking.scored
    # The text breaks ties, not the place in the list.
    order = sorted(scored, key=lambda one: (-one.probability, one.option.text))
    if parsed.answer_style == "multiple":
        count = parsed.count or max(2, sum(one.probability >= 0.8 * order[0].probability for one in order))
        wanted = order[: min(count, len(order))]
        return [one for one in scored if one in wanted]
    everything = [one for one in scored if _EVERYTHING.match(one.option.text)]
    rest = [one.score for one in scored if one not in everything]
    if ranking.backed and everything and rest and min(rest) > 0.75 * max(rest) > 0.5:
        return everything[:1]
    return order[:1]


def _others(scored: Sequence[Scored], picked: Sequence[Scored]) -> list[Scored]:
    return sorted((one for one in scored if one not in picked), key=lambda one: -one.score)[:2]


def _labels_of_tools(parsed: ParsedQuestion, computed: Sequence[Piece]) -> tuple[str, Piece] | None:
    """The option a tool named by its label or by its wording."""
    for piece in computed:
        for option in parsed.options:
            label = re.escape(option.label)
            if re.search(
                rf"(?:\b(?:cause|answer|option|label|choice|diagnosis|is)\b\W*|^|[(\"'])\(?{label}\b\)?(?=\W|$)",
                piece.text,
                re.I,
            ) and (
                len(option.label) > 1 or re.search(rf"\b(?:answer|option|label|choice)\W*{label}\b", piece.text, re.I)
            ):
                return option.label, piece
        held = [o for o in parsed.options if o.text.rstrip(".").casefold() in piece.text.casefold() and len(o.text) > 8]
        if len(held) == 1:
            return held[0].label, piece
    return None


def _with_choice(text: str, labels: tuple[str, ...], parsed: ParsedQuestion) -> str:
    shown = ", ".join(labels)
    box = f" \\boxed{{{shown}}}" if parsed.boxed else ""
    return f"{text}{box}\nANSWER: {shown}"


def _diagnosed(parsed: ParsedQuestion, computed: Sequence[Piece]) -> str:
    if not computed:
        return ""
    found = passage_sentences(computed[0].text)
    said = found[0] if found else ""
    # "The working group is SA5 (probability 0.81)", "The root cause is speed: ...": what is named is the answer.
    named = _NAMED.match(said)
    cause = named[1] if named else _CAUSE_IS.sub("", said)
    return _with_choice(_quoted(computed), (cause.rstrip("."),), parsed)


def _quoted(computed: Sequence[Piece]) -> str:
    return "\n".join(_cite_piece(piece) for piece in computed)


def _cite(sentence: Sentence) -> str:
    return _marked(sentence.text, sentence.piece.number)


def _cite_piece(piece: Piece) -> str:
    found = passage_sentences(piece.text)[:MAX_COMPUTED]
    return " ".join(_marked(text, piece.number) for text in found)


def _marked(text: str, number: int) -> str:
    body = text.rstrip()
    stop = body[-1] if body and body[-1] in ".!?\u3002" else "."
    return body.rstrip(".!?\u3002:; ") + f" [{number}]{stop}"


def _spoken_of(part: str, computed: Sequence[Piece]) -> bool:
    """A computed value answers the part whose names and values it repeats, or nearly all of its words."""
    part = re.sub(r"\s*\([^()]{1,80}\)\?$", "", part)  # The topic that a short part was given.
    asked = terms(part)
    named = {word for word in asked if any(letter.isdigit() for letter in word)}
    named |= {word for name in acronyms(part) for word in terms(name)}
    for piece in computed:
        said = vocabulary(f"{piece.source} {piece.text}")
        share = overlap(asked, said, {})
        if share >= (0.4 if named & said else 0.75):
            return True
    return False


def _not_found(question: str, pieces: Sequence[Piece]) -> str:
    if not pieces:
        return f"NOT FOUND: nothing was found on {_shown(question)}"
    return f"NOT FOUND: what was found does not answer {_shown(question)}"


def _shown(question: str) -> str:
    # Numbers in brackets would be read as citations.
    text = re.sub(r"\[([\d,;\s]+)\]?", r"(\1)", re.sub(r"\s+", " ", question).strip())
    return f'"{text if len(text) <= 160 else text[:157] + "..."}"'
