"""Verifying for anybody: by code, link or file; keys, lists of status and the log for machines."""

import json
from datetime import date

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from courseware import assets, clock, keys
from courseware.credentials import badge_service, log_service, service
from courseware.credentials.file_views import download
from courseware.credentials.forms import CodeForm, FileForm
from courseware.credentials.models import Credential
from courseware.credentials.rules import CredentialState
from courseware.credentials.seal_service import SealState
from courseware.credentials.verification_service import (
    ComparedFile,
    Comparison,
    badge_as_issued,
    compare_file,
    hide_name,
    offline_keys,
    personal_address,
    public_certificate,
)
from courseware.db import db
from courseware.i18n import _, long_date
from courseware.permissions import Permission, requires
from courseware.security import limiter

bp = Blueprint("verification", __name__)

_JSON = ("application/vc", "application/ld+json", "application/vc+ld+json", "application/json")
_OFFLINE_FILES = (
    "bootstrap.css", "courseware.css", "offline.js", "mark.svg", "fira-sans-regular.woff2",
    "fira-sans-semibold.woff2", "spectral-semibold.woff2",
)  # fmt: skip


def _missed(response: Response) -> bool:
    return response.status_code == 404


# Who tries codes at random is stopped long before a stranger with a list of certificates is.
_GUESSES = limiter.shared_limit(
    "20 per minute; 200 per day", scope="guessed codes", deduct_when=_missed
)


@bp.get("/verify")
@requires(Permission.VERIFY_CERTIFICATE)
def verify() -> ResponseReturnValue:
    """A form for the code, and a place for the file."""
    return _verify_page(CodeForm(formdata=None), FileForm(formdata=None))


@bp.post("/verify/code")
@requires(Permission.VERIFY_CERTIFICATE)
@limiter.limit("30 per minute")
@_GUESSES
def verify_code() -> ResponseReturnValue:
    """Go to the page of a code that somebody typed."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _verify_page(form, FileForm(formdata=None), 422)
    typed = (form.code.data or "").partition("#")[0].partition("?")[0]
    found = service.find_credential_by_code(typed)
    if found is None:
        return render_template("credentials/unknown.html"), 404
    return redirect(url_for("verification.show", code=found.verification_code), 303)


@bp.post("/verify/file")
@requires(Permission.VERIFY_CERTIFICATE)
@limiter.limit("30 per minute")
def verify_file() -> ResponseReturnValue:
    """Compare a file with what was issued; it is not kept."""
    form = FileForm()
    if not form.validate_on_submit():
        return _verify_page(CodeForm(formdata=None), form, 422)
    found = compare_file(form.file.data.read())
    if found.credential is None:
        page = render_template(
            "credentials/unknown.html", is_file=True, is_sealed=found.seal != SealState.NONE
            and found.seal != SealState.BROKEN,
        )  # fmt: skip
        return page, 404
    return _verdict_page(found.credential, found)


@bp.get("/verify/<code>")
@requires(Permission.VERIFY_CERTIFICATE)
@limiter.limit("60 per minute")
@_GUESSES
def show(code: str) -> ResponseReturnValue:
    """What a certificate says and whether it is in force, for a stranger with a phone.

    A program that asks for JSON gets the signed Open Badges credential at the same address.
    """
    found = service.find_credential_by_code(code)
    best = request.accept_mimetypes.best_match(["text/html", *_JSON], default="text/html")
    if best != "text/html":
        if found is None:
            answer = jsonify(error="No such certificate was issued here.")
            answer.status_code = 404
        else:
            data = badge_as_issued(found, reveal=request.args.get("name", ""))
            answer = Response(data, mimetype=best)
    elif found is None:
        answer = Response(render_template("credentials/unknown.html"), 404)
    else:
        answer = Response(_verdict_page(found))
    answer.vary.add("Accept")
    return answer


def _verdict_page(credential: Credential, compared: ComparedFile | None = None) -> str:
    found = public_certificate(credential, reveal=request.args.get("name", ""))
    return render_template(
        "credentials/verdict.html",
        found=found,
        credential=credential,
        facts=found.facts,
        compared=compared,
        Comparison=Comparison,
        SealState=SealState,
        State=CredentialState,
        form=FileForm(formdata=None),
    )


def _verify_page(code: CodeForm, file: FileForm, status: int = 200) -> ResponseReturnValue:
    return render_template("credentials/verify.html", code_form=code, file_form=file), status


@bp.get("/certificates/<public_id>/badge.json")
@requires(Permission.DOWNLOAD_CERTIFICATE, on=service.find_credential)
def badge(credential: Credential) -> ResponseReturnValue:
    """The signed Open Badges credential as a file, for wallets and other sites."""
    if credential.issued_at is None:
        raise NotFound
    data = badge_as_issued(credential, reveal=credential.reveal_code or "")
    name = service.file_name_of(credential).removesuffix(".pdf")
    return download(data, "application/ld+json", f"{name}.json")


@bp.route("/certificates/<public_id>/name", methods=["GET", "POST"])
@requires(Permission.HIDE_OWN_NAME, on=service.find_credential)
def own_name(credential: Credential) -> ResponseReturnValue:
    """Who may see the holder's name on the public page: everybody, or who gets a personal link."""
    if request.method == "POST":
        hide_name(credential, is_hidden=request.form.get("hidden") == "yes")
        db.session.commit()
        flash(
            _("Strangers now see your initials.")
            if credential.name_hidden
            else _("Everybody who has the code now sees your name.")
        )
        return redirect(url_for("verification.own_name", public_id=credential.public_id), 303)
    return render_template(
        "credentials/own_name.html",
        credential=credential,
        facts=service.facts_of(credential),
        initials=public_certificate(credential).names,
        personal=personal_address(credential) if credential.name_hidden else None,
    )


@bp.get("/verify/offline")
@requires(Permission.VERIFY_CERTIFICATE)
@limiter.limit("120 per minute")
def offline() -> ResponseReturnValue:
    """A page that, once opened, verifies a QR code's own payload without network."""
    months = [
        long_date(date(2001, month, 2)).replace("2001", "{y}").replace("2", "{d}")
        for month in range(1, 13)
    ]
    page = Response(
        render_template(
            "credentials/offline.html",
            keys=json.dumps(offline_keys()),
            months=json.dumps(months, ensure_ascii=False),
        )
    )
    page.headers["Cache-Control"] = "no-cache"
    return page


@bp.get("/verify/offline-worker.js")
@requires(Permission.VERIFY_CERTIFICATE)
def offline_worker() -> ResponseReturnValue:
    """The script that keeps that page on the device."""
    files = [url_for("verification.offline"), *map(assets.asset, _OFFLINE_FILES)]
    script = assets.text_assets()["offline-worker.js"].content.decode()
    answer = Response(
        f"const FILES = {json.dumps(files)};\n{script}", mimetype="text/javascript; charset=utf-8"
    )
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/issuer")
@requires(Permission.VERIFY_CERTIFICATE)
def issuer() -> ResponseReturnValue:
    """Who issues here, and with which keys; the same as JSON for programs."""
    best = request.accept_mimetypes.best_match(["text/html", *_JSON], default="text/html")
    if best != "text/html":
        return _public_json(
            json.dumps(
                {
                    "@context": list(badge_service.CONTEXTS),
                    "id": badge_service.did(),
                    "type": ["Profile"],
                    "name": request.host,
                    "url": url_for("verification.issuer", _external=True),
                }
            ).encode(),
            best,
        )
    return render_template("credentials/issuer.html", keys=keys.current(), did=badge_service.did())


@bp.get("/issuer/seal-<int:number>.crt")
@requires(Permission.VERIFY_CERTIFICATE)
def seal_certificate(number: int) -> ResponseReturnValue:
    """The certificate of a seal, for programs that check signatures of PDF files."""
    for seal in keys.current().seals:
        if seal.number == number:
            return Response(seal.certificate_pem, mimetype="application/x-pem-file")
    raise NotFound


@bp.get("/.well-known/did.json")
@requires(Permission.VERIFY_CERTIFICATE)
@limiter.limit("120 per minute")
def did_document() -> ResponseReturnValue:
    """The public keys, where did:web looks for them."""
    document = json.dumps(badge_service.did_document()).encode()
    return _public_json(document, "application/did+json")


@bp.get("/status/<any(revocation, refresh):purpose>/<int:number>")
@requires(Permission.VERIFY_CERTIFICATE)
@limiter.limit("120 per minute")
def status_list(purpose: str, number: int) -> ResponseReturnValue:
    """Which certificates are revoked or superseded, as a signed bitstring status list."""
    found = badge_service.status_list(purpose, number, now=clock.now())
    if found is None:
        raise NotFound
    return _public_json(found, badge_service.MIME)


@bp.get("/log")
@requires(Permission.VERIFY_CERTIFICATE)
def log() -> ResponseReturnValue:
    """The transparency log: its published heads, and how to check a proof."""
    return render_template(
        "credentials/log.html", heads=log_service.list_heads(), size=log_service.size_of_log()
    )


@bp.get("/log/heads.json")
@requires(Permission.VERIFY_CERTIFICATE)
@limiter.limit("120 per minute")
def log_heads() -> ResponseReturnValue:
    """The published heads, signed, the newest first."""
    heads = [log_service.published(head) for head in log_service.list_heads()]
    return _public_json(json.dumps(heads).encode(), "application/json")


@bp.get("/log/leaves.json")
@requires(Permission.VERIFY_CERTIFICATE)
@limiter.limit("120 per minute")
def log_leaves() -> ResponseReturnValue:
    """The hashes of the leaves from `first` on, for whoever watches that nothing is changed."""
    first = request.args.get("first", 0, type=int)
    if not 0 <= first < 2**31:
        raise NotFound
    found = [leaf.hex() for leaf in log_service.leaf_hashes(first, log_service.PAGE)]
    return _public_json(json.dumps({"first": first, "leaves": found}).encode(), "application/json")


def _public_json(data: bytes, kind: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["Access-Control-Allow-Origin"] = "*"  # verifiers run in browsers of others
    return answer
