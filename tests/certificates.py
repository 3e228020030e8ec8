"""Certificates for loopback servers, made where a test needs them."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass
class Authority:
    """One that signs certificates, or an end that has signed its own."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self) -> bytes:
        """The certificate, as a store of trusted ones has it."""
        return self.certificate.public_bytes(Encoding.PEM)


def authority(name: str) -> Authority:
    """One that nobody knows yet."""
    return _made(name, (), None, -DAY, DAY)


def context(
    folder: Path,
    *names: str,
    by: Authority | None = None,
    begin: timedelta = -DAY,
    end: timedelta = DAY,
) -> ssl.SSLContext:
    """What a server needs to have a certificate for these names and addresses, valid from and until
    so long from now; signed by itself without an authority."""
    made = _made(names[0], names, by, begin, end)
    key = made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / f"{made.certificate.serial_number}.pem"
    file.write_bytes(key + made.pem())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server


def _made(
    name: str, names: tuple[str, ...], by: Authority | None, begin: timedelta, end: timedelta
) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begin)
        .not_valid_after(now + end)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([*map(_general_name, names)])
        builder = builder.add_extension(alternatives, critical=False)
    return Authority(key, builder.sign(by.key if by else key, hashes.SHA256()))


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
