"""Make the four files that docs/verifiers.md verifies: an invented province, its paper, shown to a bank."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from motcua.wallet import certificates, jose, sdjwt, statuslist, trust

FOLDER = Path(__file__).parents[1] / "docs/verifiers"
URL, HOST = "https://tinh-mau.example.vn", "tinh-mau.example.vn"
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
LIST = f"{URL}/status/1"


def main() -> None:
    """Write root.pem, trust-list.jwt, status-list.jwt and presentation.txt."""
    root = certificates.make_root("Gốc Mẫu", now=NOW)
    key, holder = jose.generate_key(), jose.generate_key()
    leaf = certificates.credential_certificate(
        root, key, name="Tỉnh Mẫu", organization="Tỉnh Mẫu", host=HOST, now=NOW
    )
    chain, kid = certificates.x5c([leaf]), jose.thumbprint(key)
    believed = trust.Trust.of([trust.TrustedIssuer(URL, "Tỉnh Mẫu", (root.certificate,))])
    claims = {"full_name": "Nguyễn Văn Mẫu", "birth_date": "1990-01-01", "content": "Thường trú"}
    paper = sdjwt.issue(
        claims,
        set(claims),
        issuer=URL,
        vct=f"{URL}/vct/residence/1",
        key=key,
        kid=kid,
        x5c=chain,
        holder_jwk=jose.public_jwk(holder),
        status=sdjwt.Status(LIST, 5),
        iat=NOW,
        exp=NOW + timedelta(days=90),
    )
    files = {
        "root.pem": certificates.to_pem(root.certificate).decode(),
        "trust-list.jwt": trust.make_list(believed, source=URL, key=key, chain=[leaf], now=NOW),
        "status-list.jwt": statuslist.make_token(
            statuslist.build({}, size=4096, bits=2),
            bits=2,
            uri=LIST,
            key=key,
            kid=kid,
            x5c=chain,
            iat=NOW,
            lifetime=timedelta(hours=1),
            ttl=timedelta(minutes=5),
        ),
        "presentation.txt": sdjwt.present(
            paper,
            ["full_name", "content"],
            holder_key=holder,
            nonce="mo-tai-khoan-4711",
            aud="x509_hash:ngan-hang-mau",
            iat=NOW,
        ),
    }
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="ascii")


if __name__ == "__main__":
    main()
