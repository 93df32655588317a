"""What a browser may send about an organisation."""

from typing import Any

from babel import Locale
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional, Regexp

from courseware.i18n import _, language, lazy
from courseware.partners.rules import (
    COLOUR,
    DEFAULT_COLOUR,
    OrganisationFacts,
    OrganisationKind,
    organisation_key,
)
from courseware.texts import LANGUAGES, choose, clean_line, filled

_NEAR = ("KZ", "TJ", "KG", "UZ", "TM", "RU", "DE")
"""The countries that most of our partners come from stand first."""


def kind_choices() -> list[tuple[str, str]]:
    """The kinds of organisations, in words."""
    return [
        (OrganisationKind.UNIVERSITY, _("University")),
        (OrganisationKind.COLLEGE, _("College")),
        (OrganisationKind.COMPANY, _("Company")),
        (OrganisationKind.PUBLIC_BODY, _("Public body")),
        (OrganisationKind.ASSOCIATION, _("Association")),
        (OrganisationKind.OTHER, _("Other organisation")),
    ]


def kind_word(kind: OrganisationKind) -> str:
    """One kind in words."""
    return dict(kind_choices())[kind]


def country_name(code: str) -> str:
    """A country's name in the language of this answer."""
    return Locale.parse(language()).territories.get(code, code) if code else ""


def country_choices() -> list[tuple[str, str]]:
    """All countries by name, those nearby first."""
    names = {
        code: name
        for code, name in Locale.parse(language()).territories.items()
        if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "XA", "XB", "ZZ")
    }
    others = sorted(
        ((code, name) for code, name in names.items() if code not in _NEAR),
        key=lambda pair: pair[1].casefold(),
    )
    return [("", _("Not said")), *((code, names[code]) for code in _NEAR), *others]


class OrganisationForm(FlaskForm):
    name_en = StringField("English", [Optional(), Length(max=300)], render_kw={"lang": "en"})
    name_ru = StringField("Русский", [Optional(), Length(max=300)], render_kw={"lang": "ru"})
    name_kk = StringField("Қазақша", [Optional(), Length(max=300)], render_kw={"lang": "kk"})
    name_tg = StringField("Тоҷикӣ", [Optional(), Length(max=300)], render_kw={"lang": "tg"})
    short_name = StringField(lazy("Short name"), [Optional(), Length(max=80)])
    code = StringField(
        lazy("Code"),
        [
            Optional(),
            Regexp(
                r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$",
                message=lazy("A code has Latin letters, digits, “-”, “.” and “_” only."),
            ),
        ],
        description=lazy("A few letters that files name it by, such as EKTU. Partners need one."),
    )
    kind = SelectField(lazy("Kind"), [DataRequired()], choices=kind_choices)
    country = SelectField(lazy("Country"), choices=country_choices)
    city_en = StringField("English", [Optional(), Length(max=120)], render_kw={"lang": "en"})
    city_ru = StringField("Русский", [Optional(), Length(max=120)], render_kw={"lang": "ru"})
    city_kk = StringField("Қазақша", [Optional(), Length(max=120)], render_kw={"lang": "kk"})
    city_tg = StringField("Тоҷикӣ", [Optional(), Length(max=120)], render_kw={"lang": "tg"})
    sector = StringField(
        lazy("Sector"),
        [Optional(), Length(max=120)],
        description=lazy("Such as education or food industry."),
    )
    mark_letters = StringField(
        lazy("Letters of its mark"),
        [Optional(), Length(max=4, message=lazy("At most four letters."))],
        description=lazy("One to four letters, printed on documents."),
    )
    mark_colour = StringField(
        lazy("Colour of its mark"),
        [Optional(), Regexp(COLOUR, message=lazy("Choose a colour."))],
        default=DEFAULT_COLOUR,
    )

    @classmethod
    def of(cls, facts: OrganisationFacts | None) -> "OrganisationForm":
        """The form, filled with what is known."""
        if facts is None:
            return cls()
        values: dict[str, Any] = {
            "short_name": facts.short_name,
            "code": facts.code,
            "kind": facts.kind.value,
            "country": facts.country,
            "sector": facts.sector,
            "mark_letters": facts.mark_letters,
            "mark_colour": facts.mark_colour,
        }
        for code in LANGUAGES:
            values[f"name_{code}"] = facts.names.get(code, "")
            values[f"city_{code}"] = facts.city.get(code, "")
        return cls(data=values)

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if not organisation_key(choose(self.facts.names, "en")):
            self.name_en.errors = [
                *self.name_en.errors,
                _("Enter the name in at least one language."),
            ]
            return False
        return True

    @property
    def facts(self) -> OrganisationFacts:
        """What was sent, cleaned."""

        def texts(prefix: str) -> dict[str, str]:
            return filled(
                {code: clean_line(self[f"{prefix}_{code}"].data or "") for code in LANGUAGES}
            )

        def line(name: str) -> str:
            return clean_line(self[name].data or "")

        return OrganisationFacts(
            code=line("code"),
            names=texts("name"),
            kind=OrganisationKind(self.kind.data),
            short_name=line("short_name"),
            country=self.country.data or "",
            city=texts("city"),
            sector=line("sector"),
            mark_letters=line("mark_letters"),
            mark_colour=self.mark_colour.data or DEFAULT_COLOUR,
        )
