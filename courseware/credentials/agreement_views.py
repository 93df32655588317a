"""Agreement before printing: who agrees, the proposed list, the approver's link, the record."""

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_babel import refresh

from courseware import clock
from courseware.accounts.rules import normal_email
from courseware.cohorts.models import Cohort, Enrolment
from courseware.cohorts.service import find_cohort, find_enrolment
from courseware.credentials import agreement_service, approver_service, protocol_service
from courseware.credentials.agreement_rules import (
    LINK_DAYS,
    LinkStanding,
    clean_comment,
    comment_problem,
)
from courseware.credentials.file_views import PDF, download, shown_pdf
from courseware.credentials.models import Agreement, IssueProposal
from courseware.credentials.paper_service import print_facts
from courseware.credentials.preflight_service import (
    facts_for,
    preflight,
    print_preview,
    standing_and_paper_of,
)
from courseware.credentials.rules import CredentialKind, Decision
from courseware.db import db, reading
from courseware.i18n import LANGUAGES, _, ngettext, sentence
from courseware.names import clean_name
from courseware.permissions import Permission, requires, signed_in_user
from courseware.security import limiter

bp = Blueprint("agreement", __name__)


# For coordinators ------------------------------------------------------------------------------


@bp.route("/cohorts/<public_id>/certificates/approvers", methods=["GET", "POST"])
@requires(Permission.ISSUE_CERTIFICATES, on=find_cohort)
def approvers(cohort: Cohort) -> ResponseReturnValue:
    """Who agrees for each lead and host: one person each."""
    parties = approver_service.list_parties(cohort)
    values: dict[str, dict[str, str]] = {}
    errors: dict[str, str] = {}
    for party in parties:
        named, code = party.approver, party.organisation.public_id
        values[code] = {
            "name": named.name if named else "",
            "email": named.email if named else "",
            "language": named.language if named else "en",
        }
        if request.method == "POST":
            sent = {field: request.form.get(f"{field}-{code}", "") for field in values[code]}
            values[code] = sent
            problems = approver_service.approver_problems(
                clean_name(sent["name"]), normal_email(sent["email"]), sent["language"]
            )
            errors |= {f"{field}-{code}": sentence(said) for field, said in problems.items()}
    if request.method == "POST" and parties and not errors:
        for party in parties:
            approver_service.name_approver(
                cohort, party.organisation, **values[party.organisation.public_id],
                by=signed_in_user(), now=clock.now(),
            )  # fmt: skip
        db.session.commit()
        flash(_("The approvers are named. They get a link with the next list."))
        return _back_to(cohort)
    page = render_template(
        "credentials/approvers.html",
        cohort=cohort, parties=parties, values=values, errors=errors,
    )  # fmt: skip
    return page, 422 if errors else 200


@bp.post("/cohorts/<public_id>/certificates/propose")
@requires(Permission.ISSUE_CERTIFICATES, on=find_cohort)
def propose(cohort: Cohort) -> ResponseReturnValue:
    """Put the list before the approvers; those with a doubt only where it was let pass."""
    now = clock.now()
    passed = set(request.form.getlist("let_pass"))
    with reading():  # printing one takes time, for which nobody else need wait
        db.session.rollback()
        found = preflight(cohort, now=now)
        print_preview(found, now=now)
        let_pass = {
            each.enrolment.id for each in found.candidates if each.enrolment.public_id in passed
        }
        db.session.rollback()
    proposal = agreement_service.propose_list(
        cohort, let_pass=let_pass, by=signed_in_user(), now=now
    )
    count = len(proposal.rows)
    db.session.commit()
    flash(
        ngettext(
            "%(num)s certificate is proposed. The approvers have a link by mail.",
            "%(num)s certificates are proposed. The approvers have a link by mail.",
            count,
        )
    )
    return _back_to(cohort)


@bp.post("/certificates/proposals/<public_id>/withdraw")
@requires(Permission.ISSUE_CERTIFICATES, on=agreement_service.find_proposal)
def withdraw(proposal: IssueProposal) -> ResponseReturnValue:
    """Take a list back."""
    agreement_service.withdraw_list(proposal, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("The list is withdrawn, and its links have ended."))
    return _back_to(proposal.cohort)


@bp.post("/certificates/proposals/<public_id>/send-again")
@requires(Permission.ISSUE_CERTIFICATES, on=agreement_service.find_proposal)
def send_again(proposal: IssueProposal) -> ResponseReturnValue:
    """Mail their links once more to the approvers who have not answered."""
    waiting = agreement_service.send_links_again(proposal, by=signed_in_user(), now=clock.now())
    names = ", ".join(each.name for each in waiting)
    db.session.commit()
    flash(_("The link is sent again to %(names)s.", names=names))
    return _back_to(proposal.cohort)


@bp.get("/certificates/proposals/<public_id>/protocol.<any(pdf, json):ending>")
@requires(
    Permission.ISSUE_CERTIFICATES,
    on=lambda public_id, ending: agreement_service.find_proposal(public_id),
)
def protocol(proposal: IssueProposal) -> ResponseReturnValue:
    """Who agreed to what, when: on paper, or for machines with the facts that were hashed."""
    return _protocol(proposal)


def _protocol(proposal: IssueProposal) -> Response:
    # The layout engine takes a second to load; only who asks for the record waits for it.
    from courseware.credentials import agreement_exports

    found = protocol_service.protocol_of(proposal, now=clock.now())
    name = f"agreement-{proposal.cohort.code}-{proposal.proposed_at:%Y-%m-%d}"
    if request.path.endswith(".json"):
        return download(
            agreement_exports.protocol_as_json(found), "application/json", f"{name}.json"
        )
    return download(agreement_exports.protocol_as_pdf(found), PDF, f"{name}.pdf")


# For participants ------------------------------------------------------------------------------


@bp.get("/enrolments/<public_id>/certificate.<any(pdf, png):ending>")
@requires(Permission.CONFIRM_NAME, on=lambda public_id, ending: find_enrolment(public_id))
@limiter.limit("60 per minute")
def own_preview(enrolment: Enrolment) -> ResponseReturnValue:
    """The certificate with this participant's names, as it would be printed now."""
    candidate, paper = standing_and_paper_of(enrolment, now=clock.now())
    if not enrolment.user.names or candidate.problems:
        abort(404)
    data = print_facts(facts_for(paper, candidate, now=clock.now()))
    return shown_pdf(data, request.path.rpartition(".")[2])


# For approvers, without an account -------------------------------------------------------------


@bp.route("/agree/<code>", methods=["GET", "POST"])
@requires(Permission.AGREE_TO_CERTIFICATES)
@limiter.limit("60 per minute", methods=["GET"])
@limiter.limit("20 per minute", methods=["POST"])
def link(code: str) -> ResponseReturnValue:
    """Exactly the list that will be printed, and the two answers there are to it."""
    agreement = agreement_service.find_agreement(code)
    if agreement is None:
        return render_template("credentials/agree_unknown.html"), 404
    _speak_their_language(agreement)
    standing = agreement_service.standing_of_link(agreement, now=clock.now())
    if standing in (LinkStanding.EXPIRED, LinkStanding.WITHDRAWN):
        page = render_template(
            "credentials/agree_ended.html",
            agreement=agreement, is_expired=standing == LinkStanding.EXPIRED, days=LINK_DAYS,
        )  # fmt: skip
        return page, 410 if request.method == "GET" else 409
    if request.method == "GET" or standing == LinkStanding.DECIDED:
        if request.method == "POST":
            return redirect(url_for("credentials.agreement.link", code=code), 303)
        return _list_page(agreement, code, standing, {}, {})
    sent = {name: request.form.get(name, "") for name in ("decision", "comment")}
    errors = {}
    if sent["decision"] not in list(Decision):
        errors["decision"] = _("Choose one of the two answers.")
    else:
        problem = comment_problem(Decision(sent["decision"]), clean_comment(sent["comment"]))
        if problem:
            errors["comment"] = sentence(problem)
    if errors:
        return _list_page(agreement, code, standing, sent, errors), 422
    agreement_service.decide(
        agreement, Decision(sent["decision"]), comment=sent["comment"], now=clock.now()
    )
    db.session.commit()
    return redirect(url_for("credentials.agreement.link", code=code), 303)


@bp.get("/agree/<code>/certificate-<int(max=100000):number>.<any(pdf, png):ending>")
@requires(Permission.AGREE_TO_CERTIFICATES)
@limiter.limit("120 per minute")
def sample(code: str, number: int, ending: str) -> ResponseReturnValue:
    """One certificate of the list as it would be printed, without a number."""
    agreement = _readable(code)
    data = protocol_service.print_row(agreement.proposal, number)
    if data is None:
        abort(404)
    return shown_pdf(data, ending)


@bp.get("/agree/<code>/protocol.pdf")
@requires(Permission.AGREE_TO_CERTIFICATES)
@limiter.limit("20 per minute")
def own_protocol(code: str) -> ResponseReturnValue:
    """The record, for the approver to keep."""
    agreement = _readable(code)
    _speak_their_language(agreement)
    return _protocol(agreement.proposal)


def _readable(code: str) -> Agreement:
    agreement = agreement_service.find_agreement(code)
    if agreement is None:
        abort(404)
    standing = agreement_service.standing_of_link(agreement, now=clock.now())
    if standing in (LinkStanding.EXPIRED, LinkStanding.WITHDRAWN):
        abort(404)
    return agreement


def _speak_their_language(agreement: Agreement) -> None:
    """Whoever chose no language here reads the one in which they were asked."""
    if browser.get("language") not in LANGUAGES and signed_in_user() is None:
        g.language = agreement.language
        refresh()


def _list_page(
    agreement: Agreement,
    code: str,
    standing: LinkStanding,
    sent: dict[str, str],
    errors: dict[str, str],
) -> str:
    return render_template(
        "credentials/agree.html",
        agreement=agreement,
        code=code,
        protocol=protocol_service.protocol_of(agreement.proposal, now=clock.now()),
        is_open=standing == LinkStanding.OPEN,
        sent=sent,
        errors=errors,
        Decision=Decision,
        CredentialKind=CredentialKind,
    )


def _back_to(cohort: Cohort) -> ResponseReturnValue:
    return redirect(url_for("credentials.cohort", public_id=cohort.public_id), 303)
