"""How a name is set on the paper, said before printing: where it is broken, what is too wide."""

from functools import cache

import certificates
from certificates import CertificateFacts, Design
from certificates.checks import POINTS_PER_MM, clean, fit, names_in_order
from certificates.designs import Room
from courseware.errors import Refused
from courseware.messages import Message

TOO_WIDE = "“%(name)s” is too wide to be printed."


@cache
def design_called(name: str) -> Design:
    """A design with its fonts, read once. Raises Refused where something of it is missing."""
    try:
        return certificates.read_design(name)
    except certificates.DesignIncomplete as error:
        raise Refused(str(error)) from error


def problems_of_paper(facts: CertificateFacts) -> tuple[Message, ...]:
    """Every reason why these facts cannot be printed; a name that does not fit, with what would
    be printed and by how much it is too wide."""
    design = design_called(facts.design)
    found = []
    for problem in certificates.problems_of(facts, design):
        if problem.sentence == TOO_WIDE:
            continue
        found.append(Message(problem.sentence, **problem.values))
    if found:
        return tuple(found)
    return tuple(
        _too_wide(name, room, design)
        for room, name in names_in_order(facts, design)
        if fit(name, room, design) is None
    )


def _too_wide(name: str, room: Room, design: Design) -> Message:
    face = design.faces[room.font]
    words = clean(name).split(" ")
    broken = [[" ".join(words[:n]), " ".join(words[n:])] for n in range(1, len(words))]
    lines = min(broken or [words], key=lambda several: max(face.width(line) for line in several))
    needed = max(face.width(line) for line in lines) * room.least / POINTS_PER_MM
    return Message(
        "“%(name)s” does not fit: set as small as can be read, “%(lines)s” needs %(needed)s mm, "
        "and there are %(room)s mm. Shorten the name together with the participant.",
        name=clean(name),
        lines=" / ".join(lines),
        needed=round(needed),
        room=int(room.width_mm),
    )


def remarks_on_room(facts: CertificateFacts) -> tuple[Message, ...]:
    """Names that fit only on two lines, with the place where they are broken."""
    design = design_called(facts.design)
    found = []
    for room, name in names_in_order(facts, design):
        fitted = fit(name, room, design)
        if fitted is not None and len(fitted.lines) > 1:
            found.append(
                Message(
                    "The name is set on two lines: “%(lines)s”.", lines=" / ".join(fitted.lines)
                )
            )
    return tuple(found)
