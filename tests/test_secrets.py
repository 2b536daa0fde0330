"""Masking: what is a secret, what is not, JSON that stays JSON, and no text that takes long."""

import json
import logging
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreagent.secrets import MaskingFilter, mask, mask_json, mask_json_text

SECRET = "Zx9Kq2Lm8Rt4Wv7B"


@pytest.mark.parametrize(
    "text",
    [
        f"key sk-{SECRET}{SECRET} was used",
        f"sk-proj-{SECRET}-{SECRET}",
        f"remote https://ghp_{SECRET}{SECRET}abcd@example.org",
        f"AKIA{SECRET.upper()}",
        f"xoxb-1234-{SECRET}",
        f"glpat-{SECRET}{SECRET}",
        f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{SECRET}",
        f"Authorization: Bearer {SECRET}",
        f'{{"Authorization": "Basic {SECRET}=="}}',
        f"curl -H 'authorization: {SECRET}'",
        f"sent Bearer {SECRET}{SECRET}",
        f"postgres://admin:{SECRET}@db.example.org/x",
        f"amqp://:{SECRET}@[::1]:5672",
        f"password={SECRET}",
        f"PASSWORD = '{SECRET} with spaces'",
        f"api_key: {SECRET}",
        f'"apiKey": "{SECRET}"',
        f"client-secret => {SECRET}",
        f"?access_token={SECRET}&x=1",
        f"token={SECRET}",
        f"secret: {SECRET}",
        f'{{\\"password\\": \\"{SECRET}\\"}}',
        f"username admin password 7 {SECRET}",
        f"enable secret 5 $1${SECRET}",
        f"snmp-server community {SECRET} RO",
        f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
    ],
)
def test_secrets_are_masked(text: str) -> None:
    masked = mask(text)
    assert SECRET not in masked and SECRET.upper() not in masked
    assert "***" in masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "The radio bearer establishment uses RRC Reconfiguration.",
        "bearer 5 has QCI 9, the EPS bearer-identity is 5",
        "max_tokens: 100, input_tokens=12",
        "The token bucket holds 1500 bytes.",
        "Basic authentication of the AMF (5G-AKA)",
        "The secret key K is stored in the USIM.",
        "https://example.org:8080/path@here",
        "key performance indicators: accessibility, retainability",
        "Which pass of the secret of success?",
        "risk-based-approach-to-planning",
        "",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert mask(text) == text


def test_the_text_around_a_secret_stays() -> None:
    assert mask(f"host=db password={SECRET}, port=5432") == "host=db password=***, port=5432"
    assert mask(f"postgres://admin:{SECRET}@db/x") == "postgres://admin:***@db/x"
    assert mask(f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY----- after") == "*** after"


@pytest.mark.parametrize(
    "value",
    [
        {"password": SECRET, "port": 1},
        {"password": 'a"b\\c' + SECRET},
        {"password": 12345678},
        {"nested": json.dumps({"api_key": SECRET})},
        {"log": f"-----BEGIN PRIVATE KEY-----\n{SECRET}", "after": "kept"},
        [f"token={SECRET}"],
    ],
)
def test_masked_json_is_json(value: object) -> None:
    masked = mask_json_text(json.dumps(value))
    json.loads(masked)
    assert SECRET not in masked and "12345678" not in masked


def test_json_values_are_masked_by_name_and_by_form() -> None:
    assert mask_json({"token": 7, "n": [f"sk-{SECRET}", None, 1.5], "ok": True}) == {
        "token": "***",
        "n": ["***", None, 1.5],
        "ok": True,
    }


@given(st.text(alphabet=st.sampled_from(list('abkeyspwdtoken-_.:=/@" \\\n{}019')), max_size=200))
@settings(max_examples=200, deadline=None)
def test_masking_twice_changes_nothing_and_json_survives(text: str) -> None:
    assert mask(mask(text)) == mask(text)
    json.loads(mask_json_text(json.dumps({"text": text, "password": text})))


@pytest.mark.parametrize(
    "unit",
    [
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----a-",
        "eyJaaaaaaaaa",
        "eyJaaaaaaaaa.",
        "-eyJ",
        "sk-",
        "bearer ",
        "bearer a",
        "://",
        "://a:",
        "://a:b",
        "password",
        "password=",
        'password="',
        'password=\\"',
        "password='",
        "secret: a",
        "token:",
        "authorization: ",
        "api_key_api_key_",
        "snmp-server community ",
        '"\\',
        "a",
    ],
)
def test_no_text_takes_more_than_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        text = "password secret bearer key " + unit * (size // len(unit))
        started = time.process_time()
        mask(text)
        return time.process_time() - started

    # Sixteen times the text would take 256 times as long if it were quadratic.
    small = max(min(seconds(62_500) for _ in range(2)), 0.002)
    assert seconds(1_000_000) < 80 * small


def test_log_records_are_masked(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("coreagent.test_secrets")
    caplog.handler.addFilter(MaskingFilter())
    logger.warning("login with password=%s failed %d times", SECRET, 3)
    assert caplog.messages == ["login with password=*** failed 3 times"]
