"""What a browser may send about a programme.

The fields have the names that a programme's file has (`titles.en`, `certificate.series`), so that
form and file are read and checked by the same reader, and a message finds its field by its path.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from courseware.i18n import sentence
from courseware.programmes.plain_rules import programme_data, programme_from
from courseware.programmes.rules import ProgrammeFacts, WrongProgramme
from courseware.texts import LANGUAGES

_TITLES = tuple(f"titles.{code}" for code in LANGUAGES)
_SUMMARIES = tuple(f"summaries.{code}" for code in LANGUAGES)
_RULES = (
    "threshold_percent", "series", "language", "second_language", "correction_days",
    "participation", "assessment",
)  # fmt: skip
_FLAGS = (
    "feedback_required", "name_confirmed", "excused_earns_hours", "agreement_required",
    "statements_allowed",
)  # fmt: skip
_ATTENDANCE = ("register_days", "reminder_hours", "review_days")
SPARE_PARTNERS = 2
SPARE_SIGNATORIES = 1
MOST_ROWS = 20


@dataclass
class FieldsForm:
    """Values by field name, and messages by field name where something is wrong."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    other_errors: list[str] = field(default_factory=list)

    @property
    def summary(self) -> list[tuple[str | None, str]]:
        """Pairs for the summary at the top."""
        return [*self.errors.items(), *((None, text) for text in self.other_errors)]

    def note(self, wrong: WrongProgramme, prefix: str = "") -> None:
        """Put every problem beside its field; what is elsewhere goes to the top."""
        for problem in wrong.problems:
            text = sentence(problem.message)
            inside = problem.path.startswith(prefix)
            name = re.sub(r"outcomes\[\d+\]", "outcomes", problem.path[len(prefix) :])
            name = {"titles": "titles.en", "names": "names.en", "outcomes": "outcomes.en",
                    "certificate.languages": "certificate.language"}.get(name, name)  # fmt: skip
            name = re.sub(r"(\])\.(names|offices)$", r"\1.\2.en", name)
            if inside and name in self.values:
                self.errors.setdefault(name, text)
            else:
                self.other_errors.append(f"{problem.path}: {text}")


def sent_values(names: Iterable[str], form: Mapping[str, str]) -> dict[str, str]:
    """The fields that are asked for, and no others."""
    return {name: form.get(name, "") for name in names}


def _texts(values: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {code: values[f"{prefix}.{code}"] for code in LANGUAGES if values[f"{prefix}.{code}"]}


# The programme itself ---------------------------------------------------------------------------

GENERAL = (
    "code", *_TITLES, *_SUMMARIES, "academic_hour_minutes", "promised_hours",
    *(f"certificate.{name}" for name in (*_RULES, *_FLAGS)),
    *(f"attendance.{name}" for name in (*_ATTENDANCE, "warn_participants")),
    "feedback.limit",
)  # fmt: skip


def general_values(facts: ProgrammeFacts | None) -> dict[str, str]:
    """The fields of the programme itself, filled with what it says or with what is usual."""
    if facts is None:
        return dict.fromkeys(GENERAL, "") | {
            "academic_hour_minutes": "45",
            "certificate.threshold_percent": "80",
            "certificate.name_confirmed": "yes",
            "certificate.agreement_required": "yes",
            "certificate.correction_days": "30",
            "certificate.participation": "blended",
            "certificate.assessment": "attendance",
            "certificate.series": "{year}-{number:04}",
            "certificate.language": "en",
            "attendance.register_days": "14",
            "attendance.reminder_hours": "3",
            "attendance.review_days": "14",
            "feedback.limit": "3.5",
        }
    data = programme_data(facts)
    rules = data["certificate"]
    values = {"code": facts.code, "promised_hours": str(data["promised_hours"])}
    values["academic_hour_minutes"] = str(facts.academic_hour_minutes)
    for code in LANGUAGES:
        values[f"titles.{code}"] = facts.titles.get(code, "")
        values[f"summaries.{code}"] = facts.summaries.get(code, "")
    values["certificate.threshold_percent"] = str(rules["threshold_percent"])
    for name in ("series", "participation", "assessment"):
        values[f"certificate.{name}"] = rules[name]
    values["certificate.correction_days"] = str(rules["correction_days"])
    values["certificate.language"] = rules["languages"][0]
    values["certificate.second_language"] = "".join(rules["languages"][1:])
    for flag in _FLAGS:
        values[f"certificate.{flag}"] = "yes" if rules[flag] else ""
    for name in _ATTENDANCE:
        values[f"attendance.{name}"] = str(data["attendance"][name])
    values["attendance.warn_participants"] = "yes" if facts.attendance.warn_participants else ""
    values["feedback.limit"] = str(data["feedback"]["limit"])
    return values


def general_facts(values: Mapping[str, str], before: ProgrammeFacts | None) -> ProgrammeFacts:
    """The programme with these fields. Raises WrongProgramme."""
    languages = [values["certificate.language"], values["certificate.second_language"]]
    data = {
        **(programme_data(before) if before else {}),
        "code": values["code"],
        "titles": _texts(values, "titles"),
        "summaries": _texts(values, "summaries"),
        "academic_hour_minutes": values["academic_hour_minutes"],
        "promised_hours": values["promised_hours"],
        "certificate": {
            **_look_of(before),
            "threshold_percent": values["certificate.threshold_percent"],
            "series": values["certificate.series"],
            "correction_days": values["certificate.correction_days"],
            "participation": values["certificate.participation"] or None,
            "assessment": values["certificate.assessment"] or None,
            "languages": [code for code in languages if code],
            **{flag: values[f"certificate.{flag}"] == "yes" for flag in _FLAGS},
        },
        "attendance": {
            **{name: values[f"attendance.{name}"] or None for name in _ATTENDANCE},
            "warn_participants": values["attendance.warn_participants"] == "yes",
        },
        "feedback": {"limit": values["feedback.limit"] or None},
    }
    if before is not None and before.academic_hour_minutes != _int(values["academic_hour_minutes"]):
        # The modules keep their minutes; in other hours they are other numbers.
        data["modules"] = _modules_in_hours_of(before, _int(values["academic_hour_minutes"]))
    return programme_from(data)


def _look_of(facts: ProgrammeFacts | None) -> dict[str, Any]:
    """How the certificate looks, which has a page of its own."""
    rules = programme_data(facts)["certificate"] if facts else {}
    return {key: rules[key] for key in ("design", "accent", "texts") if key in rules}


def _int(text: str) -> int:
    return int(text) if text in ("45", "50", "60") else 45


def _modules_in_hours_of(facts: ProgrammeFacts, hour: int) -> list[dict[str, Any]]:
    return programme_data(replace(facts, academic_hour_minutes=hour)).get("modules", [])


# One module -------------------------------------------------------------------------------------

MODULE = (
    "code", "place", "hours", *_TITLES, *(f"outcomes.{code}" for code in LANGUAGES),
)  # fmt: skip


def module_values(facts: ProgrammeFacts, number: int | None) -> dict[str, str]:
    """The fields of module `number` (from 1), or those of a new one at the end."""
    values = dict.fromkeys(MODULE, "")
    if number is None:
        values["code"] = _free_code(facts)
        values["place"] = str(len(facts.modules) + 1)
        return values
    module = facts.modules[number - 1]
    data = programme_data(facts)["modules"][number - 1]
    values |= {"code": module.code, "place": str(number), "hours": str(data["hours"])}
    for code in LANGUAGES:
        values[f"titles.{code}"] = module.titles.get(code, "")
        lines = [outcome.get(code, "") for outcome in module.outcomes]
        values[f"outcomes.{code}"] = "\n".join(lines).rstrip()
    return values


def _free_code(facts: ProgrammeFacts) -> str:
    taken = {module.code.casefold() for module in facts.modules}
    number = len(facts.modules) + 1
    while f"m{number}" in taken:
        number += 1
    return f"M{number}"


def module_facts(
    values: Mapping[str, str], before: ProgrammeFacts, number: int | None
) -> tuple[ProgrammeFacts, str]:
    """The programme with this module, and the path of the module in it. Raises WrongProgramme.

    Outcomes are written one on a line; the same line in each language is the same outcome.
    """
    lines = {code: values[f"outcomes.{code}"].splitlines() for code in LANGUAGES}
    outcomes = []
    for at in range(max((len(found) for found in lines.values()), default=0)):
        outcome = {code: found[at] for code, found in lines.items() if at < len(found)}
        if any(text.strip() for text in outcome.values()):
            outcomes.append({code: text for code, text in outcome.items() if text.strip()})
    module = {
        "code": values["code"],
        "titles": _texts(values, "titles"),
        "hours": values["hours"],
        "outcomes": outcomes,
    }
    data = programme_data(before)
    modules = list(data.get("modules", []))
    if number is not None:
        del modules[number - 1]
    place = values["place"]
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else 999
    at = min(max(at, 1), len(modules) + 1)
    modules.insert(at - 1, module)
    return programme_from({**data, "modules": modules}), f"modules[{at}]."


def module_path(values: Mapping[str, str], before: ProgrammeFacts, number: int | None) -> str:
    """Where a module that was sent stands, for messages about it."""
    count = len(before.modules) + (0 if number is not None else 1)
    place = values["place"]
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else 999
    return f"modules[{min(max(at, 1), count)}]."


# The hours of all modules -----------------------------------------------------------------------


def hours_values(facts: ProgrammeFacts) -> dict[str, str]:
    """The hours of every module and the promise, which only change together once released."""
    data = programme_data(facts)
    values = {"promised_hours": str(data["promised_hours"])}
    for n, module in enumerate(data.get("modules", []), start=1):
        values[f"modules[{n}].hours"] = str(module["hours"])
    return values


def hours_facts(values: Mapping[str, str], before: ProgrammeFacts) -> ProgrammeFacts:
    """The programme with these hours. Raises WrongProgramme."""
    data = programme_data(before)
    modules = [
        {**module, "hours": values[f"modules[{n}].hours"]}
        for n, module in enumerate(data.get("modules", []), start=1)
    ]
    return programme_from({**data, "modules": modules, "promised_hours": values["promised_hours"]})


# Partners and signatories -----------------------------------------------------------------------


def partner_names(partners: int, signatories: int) -> list[str]:
    """The fields of so many rows."""
    names = []
    for n in range(1, min(partners, MOST_ROWS) + 1):
        names += [f"partners[{n}].code", f"partners[{n}].part"]
    for n in range(1, min(signatories, MOST_ROWS) + 1):
        names.append(f"signatories[{n}].organisation")
        for code in LANGUAGES:
            names += [f"signatories[{n}].names.{code}", f"signatories[{n}].offices.{code}"]
    return names


def count_rows(form: Mapping[str, str]) -> tuple[int, int]:
    """How many rows of partners and of signatories were sent."""

    def last(kind: str) -> int:
        found = [re.match(rf"{kind}\[(\d{{1,2}})\]", name) for name in form]
        return max((int(match[1]) for match in found if match), default=0)

    return last("partners"), last("signatories")


def partner_values(facts: ProgrammeFacts) -> dict[str, str]:
    """The rows there are, and some empty ones."""
    partners = len(facts.partners) + SPARE_PARTNERS
    signatories = len(facts.signatories) + SPARE_SIGNATORIES
    values = dict.fromkeys(partner_names(partners, signatories), "")
    for n, partner in enumerate(facts.partners, start=1):
        values[f"partners[{n}].code"] = partner.organisation.code
        values[f"partners[{n}].part"] = str(partner.part)
    for n, signatory in enumerate(facts.signatories, start=1):
        values[f"signatories[{n}].organisation"] = signatory.organisation
        for code in LANGUAGES:
            values[f"signatories[{n}].names.{code}"] = signatory.names.get(code, "")
            values[f"signatories[{n}].offices.{code}"] = signatory.offices.get(code, "")
    return values


def partner_facts(
    values: Mapping[str, str], before: ProgrammeFacts, known: Mapping[str, dict[str, Any]]
) -> ProgrammeFacts:
    """The programme with these partners; `known` describes organisations by code.

    Empty rows are left out, so that a row's number in a message is the number among those filled.
    """
    partners, signatories = count_rows(values)
    chosen = [
        {**known.get(code, {"code": code}), "part": values[f"partners[{n}].part"]}
        for n in range(1, partners + 1)
        if (code := values[f"partners[{n}].code"])
    ]
    signing = []
    for n in range(1, signatories + 1):
        names = _texts(values, f"signatories[{n}].names")
        offices = _texts(values, f"signatories[{n}].offices")
        if names or offices:
            organisation = values[f"signatories[{n}].organisation"]
            signing.append({"organisation": organisation, "names": names, "offices": offices})
    data = programme_data(before)
    return programme_from({**data, "partners": chosen, "signatories": signing})
