"""What a browser may send about the look of a certificate."""

from collections.abc import Iterable, Mapping

from courseware.credentials.design_rules import Look, Sample
from courseware.i18n import _
from courseware.programmes.rules import DESIGN_TEXTS, DESIGNS


def design_choices() -> list[tuple[str, str, str]]:
    """The designs: key, name, one sentence."""
    return [
        ("academic", _("Academic"), _("Quiet and on one axis, with a fine braid round the page.")),
        ("modern", _("Modern"), _("From one left edge, beside an engraved ribbon.")),
        (
            "bilingual",
            _("Two languages"),
            _("Each language has its own half, with the name in its script."),
        ),
    ]


def text_words() -> dict[str, tuple[str, str]]:
    """What may be worded anew: label and hint."""
    return {
        "heading": (_("Heading"), _("The large word at the top.")),
        "subtitle": (_("Below the heading"), ""),
        "before_name": (_("Before the name"), ""),
        "after_name": (_("Between the name and the programme"), ""),
        "closing": (_("Closing sentence"), _("Below the dates. Usually there is none.")),
    }


def sample_choices() -> list[tuple[str, str]]:
    """Whom a preview can be made out to."""
    return [
        (Sample.USUAL, _("a usual name")),
        (Sample.LONG, _("a very long name")),
        (Sample.SINGLE, _("a single name")),
    ]


def field_of(path: str) -> str:
    """The field that a problem of the programme speaks of: `certificate.texts.closing.en`."""
    return path.removeprefix("certificate.")


def values_of(look: Look, languages: Iterable[str], own_ink: str) -> dict[str, str]:
    """The fields, filled with what is kept."""
    values = {
        "design": look.design,
        "other_ink": "yes" if look.accent else "",
        "accent": look.accent or own_ink,
        "sample": Sample.USUAL,
        "kind": "certificate",
    }
    for language in languages:
        for key in DESIGN_TEXTS:
            values[f"texts.{key}.{language}"] = look.texts.get(key, {}).get(language, "")
    return values


def sent_look(
    form: Mapping[str, str], before: Look, languages: Iterable[str]
) -> tuple[Look, dict[str, str]]:
    """What was sent: the look it describes, and the fields as they were typed.

    Words in languages that the certificate is not printed in now stay as they were.
    """
    values = values_of(before, languages, "")
    values |= {name: form.get(name, "")[:1000] for name in values}
    if values["design"] not in DESIGNS:
        values["design"] = before.design
    texts = {key: dict(before.texts.get(key, {})) for key in DESIGN_TEXTS}
    for language in languages:
        for key in DESIGN_TEXTS:
            texts[key][language] = values[f"texts.{key}.{language}"]
    accent = values["accent"] if values["other_ink"] == "yes" else ""
    return Look(values["design"], accent, texts), values
