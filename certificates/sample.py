"""Awkward sample facts for previews and tests: long, short, and unusual names; all invented."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from math import cos, sin
from zlib import compress, crc32

from .facts import CertificateFacts, ModuleRow, Partner, Recipient, Signatory

RECIPIENTS = {
    "usual": Recipient("Aisulu Nurlankyzy Ospanova", "Айсұлу Нұрланқызы Оспанова"),
    "mononym": Recipient("Mehrubon", "Меҳрубон"),
    "tajik": Recipient("Ҷamshed Ghafforzoda", "Ҷамшед Ғаффорзода Ӯктамӣ"),
    "apostrophe": Recipient("Dilnoza O’Brien-Qodirova", ""),
    "native only": Recipient("", "Өмірғали Әңһұлы Үкібайқызы"),
    "longest": Recipient(
        "Maria Magdalena Esperanza Guadalupe Montserrat Fernandez de la Reguera y "
        "Hohenlohe-Langenburg-Abdurakhmonova von und zu Hindenburg-Zhumabekova",
        "Мария-Магдалена Эсперанса Гвадалупе Монсеррат Фернандес де ла Регера и "
        "Гогенлоэ-Лангенбург-Абдурахмонова фон унд цу Гинденбург-Жумабекова",
    ),
}

_MODULES = (
    (
        "The research university and its services",
        "Исследовательский университет и его услуги",
        "Зерттеу университеті және оның қызметтері",
        "Донишгоҳи тадқиқотӣ ва хизматрасониҳои он",
        "explains what a company can ask of a university, and what it cannot",
        "объясняет, чего компания может ожидать от университета, а чего нет",
        3,
    ),
    (
        "Listening to a company: how needs are found",
        "Услышать компанию: как выявляют потребности",
        "Компанияны тыңдау: қажеттіліктер қалай анықталады",
        "Гӯш кардан ба ширкат: талабот чӣ гуна муайян мешавад",
        "conducts an interview about needs and writes it down on one page",
        "проводит интервью о потребностях и записывает его на одной странице",
        4,
    ),
    (
        "From a problem to a research question",
        "От проблемы к исследовательскому вопросу",
        "Мәселеден зерттеу сұрағына дейін",
        "Аз мушкилот ба саволи тадқиқот",
        "turns a complaint into a question that can be answered within a budget",
        "превращает жалобу в вопрос, на который можно ответить в рамках бюджета",
        3,
    ),
    (
        "Sampling and measuring in the food industry",
        "Отбор проб и измерения в пищевой промышленности",
        "Тамақ өнеркәсібінде сынама алу және өлшеу",
        "Намунагирӣ ва ченкунӣ дар саноати хӯрокворӣ",
        "plans samples and states the uncertainty of a result",
        "планирует отбор проб и указывает неопределённость результата",
        4,
    ),
    (
        "Offers, contracts and intellectual property",
        "Предложения, договоры и интеллектуальная собственность",
        "Ұсыныстар, шарттар және зияткерлік меншік",
        "Пешниҳодҳо, шартномаҳо ва моликияти зеҳнӣ",
        "writes an offer with scope, price, rights and dates",
        "составляет предложение с объёмом работ, ценой, правами и сроками",
        4,
    ),
    (
        "Working in a tandem of universities",
        "Работа в тандеме университетов",
        "Университеттер тандемінде жұмыс істеу",
        "Кор дар тандеми донишгоҳҳо",
        "divides work between two institutions and keeps one schedule",
        "распределяет работу между двумя вузами по единому графику",
        3,
    ),
    (
        "Eco-packaging: a case from first call to report",
        "Экоупаковка: кейс от первого звонка до отчёта",
        "Экоқаптама: алғашқы қоңыраудан есепке дейінгі кейс",
        "Экобастабандӣ: аз занги аввал то ҳисобот",
        "carries a small commission through under supervision",
        "выполняет небольшой заказ под руководством наставника",
        3,
    ),
    (
        "Writing for a reader in business",
        "Как писать для читателя из бизнеса",
        "Бизнестегі оқырманға арнап жазу",
        "Навиштан барои хонандаи соҳибкор",
        "writes a two-page report that a manager can act upon",
        "пишет двухстраничный отчёт, по которому можно действовать",
        2,
    ),
    (
        "Costs, prices and public funding",
        "Затраты, цены и государственное финансирование",
        "Шығындар, бағалар және мемлекеттік қаржыландыру",
        "Хароҷот, нархҳо ва маблағгузории давлатӣ",
        "calculates a full price and finds fitting grants",
        "рассчитывает полную цену и находит подходящие гранты",
        3,
    ),
    (
        "Foresight: why, what, how",
        "Форсайт: почему, что, как",
        "Форсайт: неге, не, қалай",
        "Форсайт: чаро, чӣ, чӣ тавр",
        "leads a foresight session and sorts its notes by horizon and cluster",
        "ведёт форсайт-сессию и группирует идеи по горизонтам и кластерам",
        3,
    ),
    (
        "Ethics and data of others",
        "Этика и чужие данные",
        "Этика және өзгелердің деректері",
        "Ахлоқ ва маълумоти дигарон",
        "keeps a company's data safe and says what may be published",
        "хранит данные компании и определяет, что можно публиковать",
        2,
    ),
    (
        "Presenting results to stakeholders",
        "Представление результатов заинтересованным сторонам",
        "Нәтижелерді мүдделі тараптарға ұсыну",
        "Муаррифии натиҷаҳо ба ҷонибҳои манфиатдор",
        "presents a result in ten minutes and answers questions",
        "представляет результат за десять минут и отвечает на вопросы",
        2,
    ),
)


def sample_facts(
    recipient: Recipient, languages: tuple[str, ...], *, number: int = 1
) -> CertificateFacts:
    """The example programme with twelve modules, printed for this recipient."""
    modules = tuple(
        ModuleRow(
            titles={"en": en, "ru": ru, "kk": kk, "tg": tg},
            minutes=hours * 45,
            credited=hours * 45 - (30 if hours == 4 else 0),
            outcomes=({"en": outcome_en, "ru": outcome_ru},),
        )
        for en, ru, kk, tg, outcome_en, outcome_ru, hours in _MODULES
    )
    return CertificateFacts(
        number=f"EKTU-TSUC-2025-{number:04}",
        issued_on=date(2025, 6, 2),
        verification_url="https://courseware.example/verify/Zx3vT9qLw0aKfJ5rNcYb2g",
        languages=languages,
        recipient=recipient,
        programme={
            "en": "Research services for private companies",
            "ru": "Исследовательские услуги для частных компаний",
            "kk": "Жеке компанияларға арналған зерттеу қызметтері",
            "tg": "Хизматрасониҳои тадқиқотӣ барои ширкатҳои хусусӣ",
        },
        minutes=36 * 45,
        academic_hour_minutes=45,
        delivered_from=date(2025, 4, 7),
        delivered_to=date(2025, 5, 30),
        cohort={"en": "Dushanbe, spring 2025", "ru": "Душанбе, весна 2025 года"},
        partners=(
            Partner(
                names={
                    "en": "East Kazakhstan Technical University",
                    "ru": "Восточно-Казахстанский технический университет",
                    "kk": "Шығыс Қазақстан техникалық университеті",
                    "tg": "Донишгоҳи техникии Қазоқистони Шарқӣ",
                },
                letters="EK",
                colour="#1d3a6b",
                country="KZ",
                city={
                    "en": "Öskemen",
                    "ru": "Усть-Каменогорск",
                    "kk": "Өскемен",
                    "tg": "Ӯскемен",
                },
            ),
            Partner(
                names={
                    "en": "Tajik State University of Commerce",
                    "ru": "Таджикский государственный университет коммерции",
                    "kk": "Тәжік мемлекеттік коммерция университеті",
                    "tg": "Донишгоҳи давлатии тиҷорати Тоҷикистон",
                },
                letters="TS",
                colour="#6b2a1d",
                country="TJ",
                city={
                    "en": "Dushanbe",
                    "ru": "Душанбе",
                    "kk": "Душанбе",
                    "tg": "Душанбе",
                },
            ),
        ),
        signatories=(
            Signatory(
                names={"en": "Prof. Yerlan Sadykov", "ru": "проф. Ерлан Садыков"},
                offices={"en": "Vice-Rector for Research", "ru": "Проректор по науке"},
                organisation={
                    "en": "East Kazakhstan Technical University",
                    "ru": "Восточно-Казахстанский технический университет",
                },
            ),
            Signatory(
                names={"en": "Dr Zarina Mahmudova", "ru": "д-р Зарина Махмудова"},
                offices={"en": "Rector", "ru": "Ректор"},
                organisation={
                    "en": "Tajik State University of Commerce",
                    "ru": "Таджикский государственный университет коммерции",
                },
            ),
        ),
        modules=modules,
        credited=sum(module.credited or 0 for module in modules),
    )


def awkward_facts(design: str, languages: tuple[str, ...]) -> dict[str, CertificateFacts]:
    """Certificates in this design that are hard to set, by what is hard about them."""
    everyone = [
        replace(
            sample_facts(recipient, languages, number=number),
            design=design,
            participation="blended",
            assessment="assignment",
        )
        for number, recipient in enumerate(RECIPIENTS.values(), start=1)
    ]
    found = dict(zip(RECIPIENTS, everyone, strict=True))
    usual, longest = found["usual"], found["longest"]
    logo, signature = _pictures()
    found["corrected duplicate of a statement"] = replace(
        usual,
        kind="statement",
        duplicate=2,
        supersedes="EKTU-TSUC-2025-0001",
        offline="A" * 210,
    )
    found["four partners and signatures"] = replace(
        longest,
        partners=tuple(replace(each, logo=logo) for each in longest.partners) + usual.partners,
        signatories=tuple(replace(each, signature=signature) for each in usual.signatories * 2),
        supersedes="EKTU-TSUC-2025-0001",
    )
    found["another ink and other words"] = replace(
        usual,
        accent="#7a3d00",
        texts={
            "heading": {"en": "Diploma", "ru": "Диплом", "kk": "Диплом", "tg": "Диплом"},
            "closing": {
                "en": "With distinction, for a commission carried through for a company.",
                "ru": "С отличием, за заказ, выполненный для компании.",
                "kk": "Компания үшін орындалған тапсырыс үшін үздік деңгейде.",
                "tg": "Бо аъло, барои фармоише, ки барои ширкат иҷро шуд.",
            },
        },
    )
    found["one partner and a long programme"] = replace(
        usual,
        partners=usual.partners[:1],
        signatories=usual.signatories[:1],
        programme={code: f"{title}: {title}" for code, title in usual.programme.items()},
        credited=None,
        modules=tuple(replace(module, credited=None) for module in usual.modules),
    )
    return found


def sample_picture(sha256: str) -> bytes:
    """The logo or the signature of the sample. Raises KeyError."""
    return _pictures()[sha256]


def _png(width: int, height: int, alpha: Callable[[int, int], int], colour: bytes) -> bytes:
    """A plain PNG of one colour that shines through where `alpha` says so."""
    rows = b"".join(
        b"\0" + b"".join(colour + bytes([alpha(x, y)]) for x in range(width)) for y in range(height)
    )

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = chunk(b"IDAT", compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


def _ring(x: int, y: int) -> int:
    return 255 if 60**2 < (x - 80) ** 2 + (y - 80) ** 2 < 78**2 else 0


def _stroke(x: int, y: int) -> int:
    away = abs(y - 60 - 40 * sin(x / 17) * cos(x / 61))
    return max(0, min(255, int(900 - 260 * away)))


@cache
def _pictures() -> dict[str, bytes]:
    drawn = (
        _png(160, 160, _ring, b"\x1d\x5a\x4b"),
        _png(400, 120, _stroke, b"\x14\x1e\x6e"),
    )
    return {hashlib.sha256(data).hexdigest(): data for data in drawn}
