"""What customers say: short stories in several languages and scripts. Data, and who tells which."""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

from channels.simulator.settings import Language


class Story(NamedTuple):
    """``turns``: the first message, then one for each answer of the agent; the last one is a farewell."""

    subject: str
    turns: tuple[str, ...]


STORIES: Final[dict[Language, tuple[Story, ...]]] = {
    "en": (
        Story(
            "Invoice charged twice",
            ("Hi, invoice {n} was charged twice 😟", "It was on the 3rd and again on the 5th.", "Perfect, thank you!"),
        ),
        Story(
            "Where is my parcel?",
            ("My parcel {n} should have come on Monday. Where is it?", "Yes, the address is right.", "Great 👍 bye"),
        ),
        Story(
            "Can't sign in",
            (
                "I can't sign in since this morning.\nThe page says: code expired.",
                "Still the same…",
                "Works now. Thanks!",
            ),
        ),
    ),
    "pt": (
        Story(
            "Fatura cobrada duas vezes",
            (
                "Boa tarde, a fatura {n} foi cobrada duas vezes.",
                "Sim, no cartão terminado em 12.",
                "Muito obrigada! 🙏",
            ),
        ),
        Story(
            "Alteração de morada",
            (
                "Olá! Preciso de alterar a morada da encomenda {n}.",
                "Rua das Flores, 12, 3.º Esq., Porto",
                "Obrigado, é isso.",
            ),
        ),
        Story(
            "Troca de tamanho",
            ("Os sapatos vieram no tamanho errado 😅 Pedido {n}.", "Queria o 39, se houver.", "Impecável, até logo!"),
        ),
    ),
    "de": (
        Story(
            "Doppelte Rechnung",
            (
                "Guten Tag, Rechnung {n} wurde doppelt abgebucht.",
                "Am 3. und am 5. dieses Monats.",
                "Prima, vielen Dank!",
            ),
        ),
        Story(
            "Lieferung verspätet",
            (
                "Wo bleibt meine Bestellung {n}? Sie sollte gestern ankommen.",
                "Ja, an die Büroadresse.",
                "Danke, schöne Grüße",
            ),
        ),
        Story(
            "Größe tauschen",
            ("Ich möchte Größe M gegen L tauschen (Auftrag {n}).", "Das Etikett ist noch dran.", "Alles klar 👍"),
        ),
    ),
    "es": (
        Story(
            "Cobro duplicado",
            (
                "Hola, ¿por qué me han cobrado dos veces la factura {n}?",
                "Sí, con la misma tarjeta.",
                "¡Muchas gracias! 😊",
            ),
        ),
        Story(
            "Pedido retrasado",
            (
                "Mi pedido {n} aún no ha llegado.",
                "La dirección es Calle Mayor 5, Madrid.",
                "Vale, espero entonces. Gracias.",
            ),
        ),
    ),
    "ar": (
        Story(
            "فاتورة مكررة",
            ("مرحبًا، تم خصم الفاتورة رقم {n} مرتين 😟", "نعم، من البطاقة نفسها.", "شكرًا جزيلًا 🌷"),
        ),
        Story(
            "أين طلبي؟",
            ("لم يصل طلبي رقم {n} حتى الآن.", "العنوان: شارع الحمرا، بيروت", "ممتاز، شكرًا لكم"),
        ),
    ),
}
NAMES: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("Grace Okafor", "Tom Hughes", "Priya Shah", "Ellen O'Brien"),
    "pt": ("Ana Lima", "Rui Gonçalves", "Inês Conceição", "João Simões"),
    "de": ("Jörg Müller", "Anke Weiß", "Björn Schäfer", "Lena Groß"),
    "es": ("Lucía Núñez", "Íñigo Peña", "María José Ibáñez", "Andrés Muñoz"),
    "ar": ("ليلى حداد", "عمر الخطيب", "نور الدين", "هالة منصور"),
}


class Person(NamedTuple):
    number: int
    name: str
    language: Language
    story: Story


def meet(number: int, languages: tuple[Language, ...], chance: Random, turns: int) -> Person:
    language = chance.choice(languages)
    told = chance.choice(STORIES[language])
    order = str(chance.randrange(1000, 9999))
    said = [turn.replace("{n}", order) for turn in told.turns]
    while len(said) < turns and len(said) > 1:
        said.insert(-1, f"{said[1]} ({len(said)})")
    return Person(number, chance.choice(NAMES[language]), language, Story(told.subject, tuple(said[:turns])))
