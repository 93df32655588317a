"""The keys of certificates: made once, outside the database, rotated, backed up, missed."""

import shutil
import stat
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from courseware import keys
from courseware.errors import Refused


@pytest.fixture
def folder(app):
    shutil.rmtree(keys.keys_folder(), ignore_errors=True)  # those that tests share
    return keys.keys_folder()


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_use_makes_keys_that_only_their_owner_reads(app, folder):
    assert not folder.exists()
    found = keys.current()
    assert [seal.number for seal in found.seals] == [badge.number for badge in found.badges] == [1]
    assert rights(folder) == 0o700
    assert {rights(path) for path in folder.iterdir()} == {0o600}
    key = load_pem_private_key(found.seal.key_pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1"
    assert found.seal.certificate.public_key() == key.public_key()
    assert keys.current() == found


def test_processes_that_start_at_once_keep_the_same_keys(app, folder):
    found = []

    def use():
        with app.app_context():
            found.append(keys.current().badge.public)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and len(found) == 8


def test_after_a_rotation_the_new_keys_sign_and_the_old_ones_go_on_verifying(app, command):
    old = keys.current()
    signature = old.badge.sign(b"issued before")
    done = command("keys", "rotate", "--json")
    assert done.exit_code == 0
    new = keys.current()
    assert (new.seal.number, new.badge.number) == (2, 2)
    assert new.badge.public != old.badge.public
    public = ed25519.Ed25519PublicKey.from_public_bytes(new.badges[0].public)
    public.verify(signature, b"issued before")
    listed = command("keys", "list").stdout
    assert new.seal.fingerprint in listed and old.seal.fingerprint in listed
    assert listed.count("verifies") == 2 and listed.count("signs") == 2


@pytest.mark.parametrize("damage", ["emptied", "exchanged", "certificate gone", "no file"])
def test_a_key_that_cannot_be_read_is_named_in_a_sentence(app, folder, damage):
    keys.current()
    key = folder / "seal-1.pem"
    if damage == "emptied":
        key.write_bytes(b"")
    elif damage == "exchanged":
        key.write_bytes((folder / "badge-1.pem").read_bytes())
    elif damage == "certificate gone":
        (folder / "seal-1.crt").unlink()
    else:
        key.unlink()
        key.mkdir()
    with pytest.raises(Refused, match="cannot be read: .*put it back from a backup"):
        keys.current()


def test_the_doctor_sees_rights_that_are_too_wide_and_keys_that_are_broken(app, folder, command):
    keys.current()
    assert all(well for well, _text in keys._keys_are_safe())
    (folder / "badge-1.pem").chmod(0o644)
    assert "badge-1.pem" in command("doctor").stdout
    (folder / "badge-1.pem").write_text("nonsense")
    assert [well for well, _text in keys._keys_are_safe()] == [False]


def test_base58_comes_back():
    for data in (b"", b"\0\0a", bytes(range(40))):
        assert keys.from_multibase(keys.multibase(data)) == data
