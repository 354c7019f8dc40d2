//! HOW-TO-VERIFY.md: how to check the pack in plain words, with programs of
//! others alone.

use std::path::Path;

use askama::Template;

use super::super::ReportError;
use super::sign::{REMARK, Signer};

#[derive(Template)]
#[template(
    ext = "txt",
    source = r#"# How to verify this evidence

You need `sha256sum` and `openssl`{% if key.is_some() %}, and `minisign` for the signature{% endif %}. Nothing here needs the program that made the pack,
or a network. Open a shell in this folder.

## 1. Nothing was changed

    sha256sum --check --strict --quiet SHA256SUMS

prints nothing and ends with exit code 0. It names every file that was changed or is missing.

    test $(find . ! -type d ! -path ./SHA256SUMS ! -path ./SHA256SUMS.tsq ! -path ./SHA256SUMS.tsr ! -path ./SHA256SUMS.minisig | wc -l) -eq $(wc -l < SHA256SUMS) && echo nothing was added

`SHA256SUMS` itself belongs to the request in `SHA256SUMS.tsq`:

    test $(openssl ts -query -data SHA256SUMS -sha256 -no_nonce -cert | sha256sum | head -c 64) = $(sha256sum < SHA256SUMS.tsq | head -c 64) && echo they belong together

A hash shows that nothing was changed since it was made. It does not show who made it, or when: whoever can change
the files can make new hashes.

## 2. Who vouches for it
{% if let Some(key) = key %}
The pack was signed by the key {{ key }}. Ask the signer for the public key in another way than with this folder, then

    minisign -V -P PUBLIC_KEY -m SHA256SUMS

says that signature and comment are verified, and prints the id of this pack. The first line of `SHA256SUMS.minisig` is
covered by no signature. It says nothing and is always the same:

    test "$(head -n 1 SHA256SUMS.minisig)" = '{{ remark }}' && echo as it should be
{% else %}
This pack is not signed.
{% endif %}
## 3. When it existed

`SHA256SUMS.tsq` is a request to a time-stamping authority (RFC 3161). It holds a hash and no name. It has no nonce, so
that the same pack has the same request.

    openssl ts -query -in SHA256SUMS.tsq -text

shows it. Send the file to an authority of your choice, as the body of an HTTP POST of type application/timestamp-query,
and keep the answer as `SHA256SUMS.tsr`. From then on

    openssl ts -verify -data SHA256SUMS -in SHA256SUMS.tsr -CAfile AUTHORITY.pem

shows that `SHA256SUMS`, and so every file here, existed at the time that the authority states.

## 4. Whether it is complete

None of the above shows that. Read `cover.html`: it says what could not be read and what is unknown therefore.
`lists/population.csv` has the counts of every table: read = stored + excluded, and stored = exported. A table of which
nothing could be read has no file. A file called `.incomplete.csv` lacks rows. A list that rests on one of them says so
on the cover and in `datapackage.json`.

## 5. Whether it is what was read

`snapshot/` has the manifest and the hashes of the sealed snapshot. Where the snapshot is kept, in its own folder,

    sha256sum --check --strict --quiet SHA256SUMS

says whether its files are those that were sealed. Rows of `population/` are the rows of its Parquet files.
"#
)]
struct HowTo {
    key: Option<String>,
    remark: &'static str,
}

/// The text.
pub(super) fn text(signer: Option<&Signer>) -> Result<String, ReportError> {
    let page = HowTo {
        key: signer.map(Signer::id),
        remark: REMARK,
    };
    page.render()
        .map_err(|e| ReportError::write(Path::new("HOW-TO-VERIFY.md"), &e))
}
