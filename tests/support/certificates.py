"""A certificate authority that nobody knows, and what it signed for this machine."""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FROM = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
UNTIL = datetime.datetime(2050, 1, 1, tzinfo=datetime.UTC)
USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
HOST = ipaddress.ip_address("127.0.0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The authority's own certificate, and what a server on this machine shows."""

    ca_file: Path
    tls: ssl.SSLContext


def signed(folder: Path) -> Signed:
    """A new authority, whose certificates are in the folder."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Riverside School Authority")])
    ca = _begun(ca_name, ca_key.public_key(), ca_name)
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    ca = ca.add_extension(_signs_others(), critical=True)
    ca_file, shown = folder / "authority.pem", folder / "server.pem"
    ca_file.write_bytes(_pem(ca.sign(ca_key, hashes.SHA256())))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "models")])
    server = _begun(name, key.public_key(), ca_name).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(HOST)]), critical=False
    )
    # Later versions of Python believe nobody without it.
    server = server.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    own_key = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    shown.write_bytes(own_key + _pem(server.sign(ca_key, hashes.SHA256())))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(shown)
    return Signed(ca_file=ca_file, tls=tls)


def _begun(
    name: x509.Name, key: ec.EllipticCurvePublicKey, issuer: x509.Name
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _signs_others() -> x509.KeyUsage:
    used = dict.fromkeys(USES, False)
    return x509.KeyUsage(**{**used, "key_cert_sign": True, "crl_sign": True})


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
