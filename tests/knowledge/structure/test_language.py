import pytest

from coreagent.knowledge.structure.language import detect

SENTENCES = {
    "en": "The gNB sends the message to the AMF and waits for an answer that is late.",
    "de": "Der gNB sendet die Nachricht an die AMF und wartet auf eine Antwort von der Gegenstelle.",
    "fr": "Le gNB envoie le message à l'AMF et attend une réponse pour le terminal dans la cellule.",
    "es": "El gNB envía el mensaje a la AMF y espera una respuesta de la red para el terminal.",
    "it": "Il gNB invia il messaggio alla AMF e attende una risposta della rete per il terminale.",
    "pt": "O gNB envia a mensagem para a AMF e não recebe uma resposta do terminal.",
    "nl": "De gNB stuurt het bericht naar de AMF en wacht op een antwoord van het netwerk.",
    "pl": "gNB wysyła wiadomość do AMF i nie otrzymuje odpowiedzi, która jest oczekiwana przez sieć.",
    "sv": "gNB skickar meddelandet till AMF och väntar på ett svar från nätet som inte kommer.",
    "zh": "基站向AMF发送初始UE消息，并等待N2接口上的响应和确认，否则重新发送。",
    "ja": "gNBはAMFに初期UEメッセージを送信し、応答を待ちます。",
    "ko": "gNB는 AMF에 초기 UE 메시지를 보내고 응답을 기다립니다.",
    "ru": "Базовая станция отправляет сообщение и ожидает ответа, чтобы продолжить.",
    "uk": "Базова станція надсилає повідомлення й очікує на відповідь від її мережі.",
    "ar": "ترسل المحطة الرسالة إلى الشبكة وتنتظر الرد منها",
    "el": "Ο σταθμός στέλνει το μήνυμα στο δίκτυο και περιμένει απάντηση.",
}


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_tells_the_language_of_a_sentence(code: str) -> None:
    assert detect(SENTENCES[code]) == code


@pytest.mark.parametrize(
    "text", ["", "   ", "AMF SMF UPF", "show ip bgp summary", "1 2 3", "中", "\ud800", "ca ca ca ca ca"]
)
def test_says_nothing_when_unsure(text: str) -> None:
    assert detect(text) == ""


def test_code_does_not_count() -> None:
    code = "```\n" + "the of and to in is that for it with\n" * 10 + "```\n"
    assert detect(code + SENTENCES["de"]) == "de"


def test_chinese_with_many_english_names_is_chinese() -> None:
    assert detect("配置 NetworkSlice 的 SliceProfile 参数，然后重启 O-DU 和 O-CU 服务。" * 3) == "zh"


@pytest.mark.parametrize("text", ["`" * 500_000, "<" * 500_000, "```" + "a" * 500_000, "the " * 500_000])
def test_hostile_text_ends_soon(text: str) -> None:
    assert detect(text) in ("", "en")
