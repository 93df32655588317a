"""What the preflight finds: problems that stop, doubts that may pass, remarks."""

from courseware.credentials.preflight_service import preflight
from courseware.credentials.rules import Verdict
from courseware.db import db
from courseware.i18n import sentence

LONG = "Maria Magdalena Esperanza Guadalupe Montserrat Fernandez de la Reguera"
ENDLESS = "Hubertusblaineschmidtsternhausenbergerdorffkammervonundzuhohenlohelangenburg" * 2


def of(found, name):
    return next(each for each in found.candidates if each.person.name_latin == name)


def test_each_participant_has_a_verdict_and_every_reason(earned, make, after):
    cohort, _ = earned(
        names=[
            ("Aisulu Ospanova", "Айсұлу Оспанова"), ("FARRUKH RAHIMOV", ""), (LONG, ""),
            (ENDLESS, ""), ("Karim ?liev", ""), ("Aisulu Nurlankyzy Ospanova", ""),
        ]
    )  # fmt: skip
    found = preflight(cohort, now=after)

    capitals = of(found, "FARRUKH RAHIMOV")
    assert (capitals.verdict, len(capitals.doubts), capitals.problems) == (Verdict.READY, 1, ())
    long = of(found, LONG)
    assert long.verdict == Verdict.READY
    assert [str(each) for each in long.remarks] == [
        "The name is set on two lines: “Maria Magdalena Esperanza Guadalupe / Montserrat "
        "Fernandez de la Reguera”."
    ]
    endless = of(found, ENDLESS)
    assert endless.verdict == Verdict.NEEDS_YOU
    assert "set as small as can be read" in str(endless.problems[0])
    assert "mm. Shorten the name together with the participant." in str(endless.problems[0])
    assert of(found, "Karim ?liev").verdict == Verdict.NEEDS_YOU
    twin = of(found, "Aisulu Ospanova").doubts
    assert ["nearly the same name" in str(each) for each in twin] == [True]
    assert [str(note) for note in found.notes] == [
        "There is no signature image of Saule Invented, Saule Invented: the line stays empty, "
        "to be signed by hand."
    ]
    for each in found.candidates:
        assert all(sentence(said) for said in (*each.doubts, *each.problems, *each.remarks))


def test_a_picture_that_was_lost_stops_everybody(earned, after):
    cohort, _ = earned(2)
    cohort.programme.signatories[0].signature_sha256 = "0" * 64
    db.session.commit()
    found = preflight(cohort, now=after)
    assert {each.verdict for each in found.candidates} == {Verdict.NEEDS_YOU}
    assert "is lost. Upload" in str(found.candidates[0].problems[0])
