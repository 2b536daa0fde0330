"""Signs of misuse in a text, each with a name a person understands.

Words alone say little: benign requests are full of "ignore", "exploit" and "secret". So most signs ask for a verb with
its object near it. Patterns have no open ends, so that no text makes them slow, and hidden characters are taken out
before they are applied.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Mapping

_I = re.IGNORECASE
_NEAR = r"[^.!?\n]{0,60}?"
_RULES = (
    r"(?:instructions?|directives?|rules?|prompts?|guidelines?|constraints?|restrictions?|commands?|orders|guidance|"
    r"programming|training|limitations?|filters?|polic(?:y|ies)|protocols?|system message|(?:been |were )?told|"
    r"everything (?:above|before)|the above|context)"
)
_SECRET = (
    r"(?:secret|password|passphrase|passcode|pass ?word|api key|private key|secret key|system prompt|hidden|"
    r"confidential|classified|credentials?|initial prompt|your (?:instructions|prompt|rules))"
)
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "overrides instructions": re.compile(
        rf"\b(?:ignore|disregard|forget|override|overrule|bypass|circumvent|neglect|discard|cancel|drop|void|"
        rf"pay no attention to|do not follow|don'?t follow|stop following|instead of following)\b{_NEAR}\b{_RULES}",
        _I,
    ),
    "new instructions": re.compile(
        r"\b(?:new|updated|real|actual|revised) (?:instructions?|task|directive|rules?|objective|role)\b|"
        r"\bfrom now on\b|\binstead,? (?:you|do|say|write|respond|answer|print|output)\b|"
        r"\byour new (?:task|role|job)\b",
        _I,
    ),
    "asks for a secret": re.compile(
        rf"\b(?:reveal|tell|show|print|repeat|output|share|spell|display|disclose|give|leak|say|write|provide|expose|"
        rf"what(?:'s| is| was| are)|translate|encode|decode|summari[sz]e|list)\b{_NEAR}\b{_SECRET}\b",
        _I,
    ),
    "names its instructions": re.compile(
        r"\b(?:your|system|initial|original|previous|prior|preceding|earlier|above|hidden) "
        r"(?:\w+ )?(?:instructions?|prompts?|directives?|guidelines?|programming|restrictions?|rules)\b",
        _I,
    ),
    "plays a role": re.compile(
        # Network functions act as something all day long; only "you" and an order mean the reader.
        r"(?:^|[.!?:] ?|\byou (?:will |should |must |can |now )?|\bplease )act(?:ing)? as\b|"
        r"\b(?:you are now|you're now|pretend (?:to be|you|that|we)|role[- ]?play(?:ing)?|"
        r"imagine (?:you|that you|we)|behave (?:as|like) (?:an?|my|if)|as if you were|take on the (?:role|persona)|"
        r"you are (?:a|an) (?:unrestricted|evil|uncensored|hacker)|let's play a game|"
        r"in this (?:game|story|scenario))\b",
        _I,
    ),
    "jailbreak mark": re.compile(
        r"\b(?:jail ?break|DAN|do anything now|developer mode|debug mode|god mode|admin(?:istrator)? mode|"
        r"maintenance mode|unrestricted|uncensored|no (?:restrictions|filters|rules|limits)|opposite day|"
        r"without (?:any )?(?:restrictions|filters|limits|censorship)|hypothetical(?:ly)?|sudo)\b"
    ),
    "claims authority": re.compile(
        r"\b(?:I am|I'm|as|this is) (?:your|the|an?) (?:\w+ )?(?:developer|creator|administrator|admin|owner|"
        r"programmer|boss|supervisor|engineer at|police|doctor|researcher|professor|scientist|ceo)\b|"
        r"\b(?:I (?:have|am) (?:been )?(?:authori[sz]ed|permission|clearance)|authori[sz]ed (?:user|by)|"
        r"override code)\b",
        _I,
    ),
    "presses": re.compile(
        r"\b(?:my (?:late )?grand(?:mother|ma|pa|father)|life or death|lives? (?:depend|are at stake)|"
        r"will (?:die|lose)|it'?s (?:urgent|an emergency)|emergency|I'?ll (?:donate|pay|tip|give you)|"
        r"you (?:agreed|promised|said earlier)|(?:trust me|just this once|between us|no one will know|"
        r"it'?s (?:ok|okay|fine|legal|allowed)))\b",
        _I,
    ),
    "imitates a system turn": re.compile(
        r"<\|?(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|?>|\[/?INST\]|<</?SYS>>|</s>|"
        r"^[ \t]{0,8}(?:#{2,6} ?)?(?:system|assistant|user|human|ai|admin) ?(?:prompt|message|override|note)? ?:|"
        r"(?<![-=*#])[-=*#]{3,80} ?(?:end|begin|start|new|stop|system|user|instructions?)\b|"
        r"</?(?:system|instructions?|prompt|question|evidence|conduct|user_input|document)\b[^>\n]{0,40}>",
        _I | re.MULTILINE,
    ),
    "hides text": re.compile(
        r"\b(?:base64|rot13|caesar cipher|morse|hex(?:adecimal)? (?:string|encoded)|reverse(?:d)? (?:the|string|order)|"
        r"pig latin|leet ?speak|binary code|ascii codes?|letter by letter|character by character|first letters?|"
        r"acrostic|with spaces between|rhymes? with|replace (?:each|every|the|all) (?:letter|vowel|character))\b",
        _I,
    ),
    "splits a payload": re.compile(
        r"\b[a-z_]\w{0,12} ?= ?[\"'][^\"'\n]{1,60}[\"'].{0,200}?\b[a-z_]\w{0,12} ?= ?[\"']|"
        r"\b(?:concatenate|combine|join|append)\b[^.\n]{0,40}\b(?:variables?|strings?|parts?|a and b|x and y)\b",
        _I | re.DOTALL,
    ),
    "steers the answer": re.compile(
        r"\b(?:(?:begin|start|end) (?:your|the) (?:answer|response|reply|output|message)s? (?:with|by)|"
        r"(?:only|just|simply) (?:respond|answer|reply|say|output|print|write)\b|"
        r"(?:respond|answer|reply|output) (?:only|just|solely|exactly) |say (?:exactly|only|just)|"
        r"(?:add|include|insert|append|integrate|mention) (?:a |an |the |this )?[^.\n]{0,40}"
        r"\b(?:in|to|into) (?:your|the) (?:answer|response|reply|output)|do not mention|don'?t mention)",
        _I,
    ),
    "asks for harm": re.compile(
        rf"\b(?:how (?:to|do|can|would) (?:I |you |we |one )?|write|create|build|make|generate|give|explain how|"
        rf"steps? to|help me|instructions? (?:to|for|on)|develop|design|produce){_NEAR}"
        rf"\b(?:malware|ransomware|key ?logger|virus|"
        rf"worm|trojan|bomb|explosives?|weapons?|poison|meth(?:amphetamine)?|drugs?|phishing|steal|hack(?:ing)? into|"
        rf"hijack|exfiltrat\w{{1,5}}|launder|forge|counterfeit|stalk|kill|suicide|botnet|ddos|backdoor|rootkit|"
        rf"molotov|credit card numbers?|insults?|hate speech|slurs?)\b",
        _I,
    ),
    "sends or runs something": re.compile(
        r"\b(?:curl|wget|rm -rf|chmod \+x|eval\(|exec\(|os\.system|subprocess\.|powershell|nc -e|dd if=)|"
        r"\b(?:send|forward|post|upload|email|transmit)\b[^.\n]{0,50}\b(?:to|at) \S{0,40}(?:https?://|@|www\.)|"
        r"!\[[^\]\n]{0,80}\]\(https?://",
        _I,
    ),
}
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
_ENCODED = re.compile(r"[A-Za-z0-9+/]{24,4000}={0,2}")
_SPELLED = re.compile(r"(?:\b[^\W\d_][ .\-_*|]){5,80}[^\W\d_]\b")
# Greek stands beside Latin in every formula.
_MIXED = re.compile(r"[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")
_LEET = re.compile(r"\b(?=\w{0,20}[a-z])(?=\w{0,20}[013457@$])[a-z]+[013457@$]+[a-z]+[a-z013457@$]*\b", _I)


def _decodes(text: str) -> bool:
    """True when a run of base64 holds readable text."""
    for match in _ENCODED.finditer(text):
        run = match[0]
        try:
            raw = base64.b64decode(run[: len(run) // 4 * 4], validate=True)
        except (binascii.Error, ValueError):
            continue
        if len(raw) >= 12 and sum(32 <= byte < 127 or byte in (9, 10, 13) for byte in raw) > 0.95 * len(raw):
            return True
    return False


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "hidden characters": lambda text: _HIDDEN.search(text) is not None,
    "encoded text": _decodes,
    "spelled out": lambda text: _SPELLED.search(text) is not None,
    "mixed alphabets": lambda text: _MIXED.search(text) is not None,
    "letters as digits": lambda text: len(_LEET.findall(text)) >= 3,
}

FEATURES: tuple[str, ...] = (*_PATTERNS, *_CHECKS)
"""All signs, in the order of the fitted weights."""


def signs(text: str) -> dict[str, float]:
    """How strongly each sign shows: 0, 1, or 2 when it shows more than once; only those that do."""
    plain = unicodedata.normalize("NFKC", _HIDDEN.sub("", text))
    found: dict[str, float] = {}
    for name, pattern in _PATTERNS.items():
        matches = pattern.finditer(plain)
        count = sum(1 for _, _ in zip(range(2), matches, strict=False))
        if count:
            found[name] = float(count)
    found.update({name: 1.0 for name, holds in _CHECKS.items() if holds(text)})
    return found
