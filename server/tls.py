"""The TLS context of a node: from the given files, or a self-signed pair kept in the state folder."""

import fcntl
import ipaddress
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.settings import Settings, SettingsError

VALID_DAYS = 365
RENEW_DAYS = 30


def context(
    settings: Settings, addresses: tuple[str, ...], now: datetime
) -> ssl.SSLContext | None:
    """None when this process speaks plain HTTP."""
    if not settings.secure:
        return None
    chain, key = Path(settings.tls_cert), Path(settings.tls_key)
    if not settings.tls_cert:
        chain, key = self_signed(settings.state_path / "tls", addresses, now)
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    try:
        made.load_cert_chain(chain, key)
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(
            f"LECTERN_TLS_CERT and LECTERN_TLS_KEY cannot be used: {error}"
        ) from error
    return made


def self_signed(folder: Path, addresses: tuple[str, ...], now: datetime) -> tuple[Path, Path]:
    """The pair of this machine, made anew when it is missing, for other addresses, or soon over."""
    chain, key = folder / "chain.pem", folder / "key.pem"
    names = sorted({"localhost", socket.gethostname(), *addresses, "127.0.0.1"})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            # Nodes that start at once make one pair between them.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (key.exists() and chain.exists() and _still_good(chain, names, now)):
                _make_pair(chain, key, names, now)
    except OSError as error:
        raise SettingsError(
            f"LECTERN_TLS: the pair cannot be kept in {folder}: {error.strerror}"
        ) from error
    return chain, key


def _make_pair(chain: Path, key: Path, names: list[str], now: datetime) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    secret_pem = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_private(key, secret_pem)
    chain.write_bytes(_certificate(secret, names, now).public_bytes(serialization.Encoding.PEM))


def _certificate(
    secret: ec.EllipticCurvePrivateKey, names: list[str], now: datetime
) -> x509.Certificate:
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lectern on this machine")])
    return (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(
            x509.SubjectAlternativeName([_name(name) for name in names]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(secret, hashes.SHA256())
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _still_good(chain: Path, names: list[str], now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    except ValueError:  # cut short when the disk was full
        return False
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(held) == {_name(name) for name in names} and (
        certificate.not_valid_after_utc - now.astimezone(UTC) > timedelta(days=RENEW_DAYS)
    )


def _write_private(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
