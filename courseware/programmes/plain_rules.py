"""A programme as plain values, as in its file and in its forms, and back, with every error."""

from collections.abc import Mapping
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from courseware.hours import ACADEMIC_HOURS, Minutes, academic, minutes_from_hours
from courseware.messages import Message
from courseware.partners.rules import (
    COLOUR,
    COUNTRY,
    DEFAULT_COLOUR,
    OrganisationFacts,
    OrganisationKind,
    Part,
)
from courseware.programmes.rules import (
    CODE,
    DESIGN_TEXTS,
    DESIGNS,
    MOST_CORRECTION_DAYS,
    MOST_MINUTES,
    MOST_MODULES,
    AssessmentKind,
    CertificateRules,
    ModuleFacts,
    Participation,
    PartnerFacts,
    Problem,
    ProgrammeFacts,
    SignatoryFacts,
    WrongProgramme,
    accent_problem,
    check_modules,
    check_partners,
    series_problem,
)
from courseware.texts import LANGUAGES, Texts, clean_line, clean_text, filled


class _Fields:
    """The keys of one mapping, read one by one; what is left over is not known."""

    def __init__(self, data: Any, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.asked: list[str] = []
        if not isinstance(data, Mapping):
            self.wrong("", Message("Here keys with values are needed, such as “code: …”."))
            data = {}
        self.data = data

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def wrong(self, key: str, message: Message) -> None:
        self.problems.append(Problem(self.at(key), message))

    def value(self, key: str) -> Any:
        self.asked.append(key)
        return self.data.get(key)

    def line(self, key: str, *, most: int, required: bool = False) -> str:
        value = self.value(key)
        if value is None:
            if required:
                self.wrong(key, Message("This is missing."))
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.wrong(key, Message("Here a text is needed."))
            return ""
        text = clean_line(str(value))
        if required and not text:
            self.wrong(key, Message("This is missing."))
        if len(text) > most:
            self.wrong(key, Message("At most %(most)s characters fit here.", most=most))
        return text

    def code(self, key: str) -> str:
        text = self.line(key, most=60, required=True)
        if text and not CODE.fullmatch(text):
            self.wrong(
                key,
                Message(
                    "“%(value)s” is not a code. Use Latin letters, digits, “-”, “.” and “_”, "
                    "beginning with a letter or digit.",
                    value=text[:60],
                ),
            )
        return text

    def texts(self, key: str, *, most: int, required: bool = False, lines: bool = False) -> Texts:
        return _texts(
            self.value(key),
            self.at(key),
            self.problems,
            most=most,
            required=required,
            lines=lines,
        )

    def flag(self, key: str, default: bool) -> bool:
        value = self.value(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(key, Message("Write true or false."))
            return default
        return value

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        value = self.value(key)
        if value is None:
            return default
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.wrong(
                key, Message("Write a whole number from %(low)s to %(high)s.", low=low, high=high)
            )
            return default
        return value

    def minutes(self, key: str, hour: Minutes) -> Minutes:
        value = self.value(key)
        if value is None or value == "":
            self.wrong(key, Message("This is missing."))
            return 0
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.wrong(key, Message("Here a number of academic hours is needed."))
            return 0
        minutes = minutes_from_hours(value, hour)
        if isinstance(minutes, Message):
            self.wrong(key, minutes)
            return 0
        if not 0 < minutes <= MOST_MINUTES:
            self.wrong(key, Message("The hours must be more than 0 and at most 10,000."))
        return minutes

    def choice(self, key: str, kinds: Any, default: Any = None) -> Any:
        value = self.value(key)
        if value is None and default is not None:
            return default
        known = [str(kind) for kind in kinds]
        if not isinstance(value, str) or value not in known:
            self.wrong(key, Message("Write one of: %(known)s.", known=", ".join(known)))
            return default or next(iter(kinds))
        return kinds(value)

    def items(self, key: str, most: int) -> list[tuple[Any, str]]:
        value = self.value(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(key, Message("Here a list is needed, each item beginning with “- ”."))
            return []
        if len(value) > most:
            self.wrong(key, Message("At most %(most)s are possible.", most=most))
        return [(item, f"{self.at(key)}[{n}]") for n, item in enumerate(value[:most], start=1)]

    def done(self) -> None:
        for key in self.data:
            if key in self.asked:
                continue
            near = get_close_matches(str(key), self.asked, n=1, cutoff=0.7)
            self.wrong(
                str(key)[:40],
                Message("This is not known. Did you mean “%(near)s”?", near=near[0])
                if near
                else Message("This is not known. Known are: %(all)s.", all=", ".join(self.asked)),
            )


def _texts(
    value: Any,
    path: str,
    problems: list[Problem],
    *,
    most: int,
    required: bool,
    lines: bool = False,
) -> Texts:
    def wrong(where: str, message: Message) -> None:
        problems.append(Problem(where, message))

    if isinstance(value, str):
        value = {"en": value}
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        wrong(path, Message("Here texts by language are needed, such as {en: …, ru: …}."))
        return {}
    texts: Texts = {}
    for language, text in value.items():
        if language not in LANGUAGES:
            wrong(
                f"{path}.{str(language)[:20]}",
                Message(
                    "“%(value)s” is not a language here; known are %(known)s.",
                    value=str(language)[:20],
                    known=", ".join(LANGUAGES),
                ),
            )
        elif text is None:
            continue
        elif isinstance(text, bool) or not isinstance(text, str | int | float):
            wrong(f"{path}.{language}", Message("Here a text is needed."))
        else:
            texts[language] = clean_text(str(text)) if lines else clean_line(str(text))
            if len(texts[language]) > most:
                wrong(
                    f"{path}.{language}",
                    Message("At most %(most)s characters fit here.", most=most),
                )
    texts = filled(texts)
    if required and not texts and not any(problem.path.startswith(path) for problem in problems):
        wrong(path, Message("A text in at least one language is needed."))
    return texts


def programme_from(data: Any) -> ProgrammeFacts:
    """The programme that plain values describe, or WrongProgramme with every problem found."""
    problems: list[Problem] = []
    fields = _Fields(data, "", problems)
    code = fields.code("code")
    titles = fields.texts("titles", most=300, required=True)
    summaries = fields.texts("summaries", most=2_000, lines=True)
    hour = fields.whole("academic_hour_minutes", 45, 1, 999)
    if hour not in ACADEMIC_HOURS:
        fields.wrong("academic_hour_minutes", Message("An academic hour has 45, 50 or 60 minutes."))
        hour = 45
    promised = fields.minutes("promised_hours", hour)
    certificate = _certificate_from(fields.value("certificate"), problems)
    partners = tuple(
        _partner_from(item, path, problems) for item, path in fields.items("partners", 20)
    )
    signatories = tuple(
        _signatory_from(item, path, problems) for item, path in fields.items("signatories", 10)
    )
    modules = tuple(
        _module_from(item, path, hour, problems)
        for item, path in fields.items("modules", MOST_MODULES)
    )
    fields.done()
    check_partners(partners, signatories, problems)
    check_modules(modules, problems)
    if problems:
        raise WrongProgramme(problems)
    return ProgrammeFacts(
        code=code,
        titles=titles,
        promised_minutes=promised,
        academic_hour_minutes=hour,
        summaries=summaries,
        certificate=certificate,
        partners=partners,
        signatories=signatories,
        modules=modules,
    )


def _certificate_from(data: Any, problems: list[Problem]) -> CertificateRules:
    fields = _Fields(data if data is not None else {}, "certificate", problems)
    default = CertificateRules()
    series = fields.line("series", most=80) or default.series
    if problem := series_problem(series):
        fields.wrong("series", problem)
    languages = fields.value("languages")
    if languages is None:
        languages = list(default.languages)
    if isinstance(languages, str):
        languages = [languages]
    if (
        not isinstance(languages, list)
        or not 1 <= len(languages) <= 2
        or any(language not in LANGUAGES for language in languages)
        or len(set(languages)) < len(languages)
    ):
        fields.wrong(
            "languages",
            Message(
                "Write one language, or two to stand side by side, of %(known)s.",
                known=", ".join(LANGUAGES),
            ),
        )
        languages = list(default.languages)
    rules = CertificateRules(
        threshold_percent=fields.whole("threshold_percent", default.threshold_percent, 0, 100),
        feedback_required=fields.flag("feedback_required", default.feedback_required),
        name_confirmed=fields.flag("name_confirmed", default.name_confirmed),
        excused_earns_hours=fields.flag("excused_earns_hours", default.excused_earns_hours),
        agreement_required=fields.flag("agreement_required", default.agreement_required),
        statements_allowed=fields.flag("statements_allowed", default.statements_allowed),
        correction_days=fields.whole(
            "correction_days", default.correction_days, 0, MOST_CORRECTION_DAYS
        ),
        participation=fields.choice("participation", Participation, default.participation),
        assessment=fields.choice("assessment", AssessmentKind, default.assessment),
        series=series,
        languages=tuple(languages),
        design=_design_from(fields),
        accent=_accent_from(fields),
        texts=_worded_from(fields.value("texts"), fields.at("texts"), problems),
    )
    fields.done()
    return rules


def _design_from(fields: _Fields) -> str:
    design = fields.line("design", most=40) or DESIGNS[0]
    if design not in DESIGNS:
        fields.wrong("design", Message("Write one of: %(known)s.", known=", ".join(DESIGNS)))
        return DESIGNS[0]
    return design


def _accent_from(fields: _Fields) -> str:
    accent = fields.line("accent", most=20).lower()
    if problem := accent_problem(accent):
        fields.wrong("accent", problem)
        return ""
    return accent


def _worded_from(data: Any, path: str, problems: list[Problem]) -> dict[str, Texts]:
    fields = _Fields(data if data is not None else {}, path, problems)
    found = {key: fields.texts(key, most=most) for key, most in DESIGN_TEXTS.items()}
    fields.done()
    return {key: texts for key, texts in found.items() if texts}


def _partner_from(data: Any, path: str, problems: list[Problem]) -> PartnerFacts:
    fields = _Fields(data, path, problems)
    code = fields.code("code")
    part = fields.choice("part", Part)
    names = fields.texts("names", most=300, required=True)
    short_name = fields.line("short_name", most=80)
    country = fields.line("country", most=2).upper()
    if country and not COUNTRY.fullmatch(country):
        fields.wrong("country", Message("Write the country’s two letters, such as KZ or TJ."))
    city = fields.texts("city", most=120)
    kind = fields.choice("kind", OrganisationKind, OrganisationKind.OTHER)
    sector = fields.line("sector", most=120)
    mark = fields.value("mark")
    mark_fields = _Fields(mark if mark is not None else {}, fields.at("mark"), problems)
    letters = mark_fields.line("letters", most=4)
    colour = mark_fields.line("colour", most=7) or DEFAULT_COLOUR
    if not COLOUR.fullmatch(colour):
        mark_fields.wrong("colour", Message("Write a colour as “#1d3a6b”, in quotation marks."))
    mark_fields.done()
    fields.done()
    organisation = OrganisationFacts(
        code, names, kind, short_name, country, city, sector, letters, colour
    )
    return PartnerFacts(organisation, part)


def _signatory_from(data: Any, path: str, problems: list[Problem]) -> SignatoryFacts:
    fields = _Fields(data, path, problems)
    facts = SignatoryFacts(
        organisation=fields.code("organisation"),
        names=fields.texts("names", most=200, required=True),
        offices=fields.texts("offices", most=200),
    )
    fields.done()
    return facts


def _module_from(data: Any, path: str, hour: Minutes, problems: list[Problem]) -> ModuleFacts:
    fields = _Fields(data, path, problems)
    facts = ModuleFacts(
        code=fields.code("code"),
        titles=fields.texts("titles", most=300, required=True),
        minutes=fields.minutes("hours", hour),
        outcomes=tuple(
            _texts(item, place, problems, most=500, required=True)
            for item, place in fields.items("outcomes", 30)
        ),
    )
    fields.done()
    return facts


def programme_data(facts: ProgrammeFacts) -> dict[str, Any]:
    """The plain values that `programme_from` reads again; what is empty is left out."""
    hour = facts.academic_hour_minutes
    rules = facts.certificate
    data: dict[str, Any] = {
        "code": facts.code,
        "titles": filled(facts.titles),
        "summaries": filled(facts.summaries),
        "academic_hour_minutes": hour,
        "promised_hours": _hours_value(facts.promised_minutes, hour),
        "certificate": {
            "threshold_percent": rules.threshold_percent,
            "feedback_required": rules.feedback_required,
            "name_confirmed": rules.name_confirmed,
            "excused_earns_hours": rules.excused_earns_hours,
            "agreement_required": rules.agreement_required,
            "statements_allowed": rules.statements_allowed,
            "correction_days": rules.correction_days,
            "participation": str(rules.participation),
            "assessment": str(rules.assessment),
            "series": rules.series,
            "languages": list(rules.languages),
            "design": rules.design,
            **_full(
                accent=rules.accent,
                texts={key: filled(texts) for key, texts in rules.texts.items()},
            ),
        },
        "partners": [partner_data(partner) for partner in facts.partners],
        "signatories": [
            _full(
                organisation=signatory.organisation,
                names=filled(signatory.names),
                offices=filled(signatory.offices),
            )
            for signatory in facts.signatories
        ],
        "modules": [
            _full(
                code=module.code,
                titles=filled(module.titles),
                hours=_hours_value(module.minutes, hour),
                outcomes=[filled(outcome) for outcome in module.outcomes],
            )
            for module in facts.modules
        ],
    }
    return _full(**data)


def partner_data(partner: PartnerFacts) -> dict[str, Any]:
    """One partner as plain values."""
    organisation = partner.organisation
    mark = _full(letters=organisation.mark_letters)
    if organisation.mark_letters or organisation.mark_colour != DEFAULT_COLOUR:
        mark["colour"] = organisation.mark_colour
    return _full(
        code=organisation.code,
        part=str(partner.part),
        names=filled(organisation.names),
        short_name=organisation.short_name,
        country=organisation.country,
        city=filled(organisation.city),
        kind=str(organisation.kind),
        sector=organisation.sector,
        mark=mark,
    )


def _full(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in ("", {}, [], None)}


def _hours_value(minutes: Minutes, hour: Minutes) -> int | float | str:
    """Hours as a person writes them: 6, 1.5, and 1/3 where no decimal is exact."""
    hours = academic(minutes, hour)
    if hours.denominator == 1:
        return int(hours)
    decimal = Fraction(str(float(hours)))
    has_few_places = len(str(float(hours)).partition(".")[2]) <= 6
    if decimal == hours and has_few_places:
        return float(hours)
    return f"{hours.numerator}/{hours.denominator}"
